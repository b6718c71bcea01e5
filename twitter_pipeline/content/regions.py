"""Country codes and the top-level domains a bare domain may end in."""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: ISO 3166-1 alpha-2. Nearly all are country domains, and all are flags.
COUNTRIES = _words(
    """
    ad ae af ag ai al am ao aq ar as at au aw ax az ba bb bd be bf bg bh bi bj bl bm bn bo bq br bs bt bv bw by bz
    ca cc cd cf cg ch ci ck cl cm cn co cr cu cv cw cx cy cz de dj dk dm do dz ec ee eg eh er es et fi fj fk fm fo fr
    ga gb gd ge gf gg gh gi gl gm gn gp gq gr gs gt gu gw gy hk hm hn hr ht hu id ie il im in io iq ir is it je jm jo
    jp ke kg kh ki km kn kp kr kw ky kz la lb lc li lk lr ls lt lu lv ly ma mc md me mf mg mh mk ml mm mn mo mp mq mr
    ms mt mu mv mw mx my mz na nc ne nf ng ni nl no np nr nu nz om pa pe pf pg ph pk pl pm pn pr ps pt pw py qa re ro
    rs ru rw sa sb sc sd se sg sh si sj sk sl sm sn so sr ss st sv sx sy sz tc td tf tg th tj tk tl tm tn to tr tt tv
    tw tz ua ug um us uy uz va vc ve vg vi vn vu wf ws ye yt za zm zw
    """
)

#: Regions that have a flag emoji without being a country: Unicode's list of emoji flag sequences.
OTHER_FLAGS = _words("ac cp cq dg ea eu ic ta un xk")

#: The common top-level domains in ASCII letters: not IANA's whole list yet. A domain under another one is
#: counted letter by letter: too much for a long URL, too little for one under 23 characters.
TLDS = (
    COUNTRIES
    | _words("ac eu su uk")
    | _words(
        """
        aero agency app art asia biz blog business cafe cat center chat city cloud club codes coffee com community
        company coop design dev digital edu email energy events expert fashion finance fit football foundation fun
        fund fyi gallery game games global gov green group guide guru health help home host house inc info
        institute int jobs law life link live llc love ltd market marketing media mil mobi money moscow movie museum
        music name net network news nyc one online onion org page party photo photography photos pics pictures
        place plus press pro productions pub quest radio recipes report rest reviews rocks run school science
        shop show site ski social software solutions space store stream studio style support systems team tech
        technology tel today tokyo tools top tours town toys trade training travel tube university vip video vision
        watch website wiki win work works world wtf xxx xyz yoga zone
        """
    )
)

#: The common ones in other scripts.
OTHER_SCRIPT_TLDS = (
    "みんな",
    "中国",
    "中國",
    "台湾",
    "台灣",
    "香港",
    "한국",
    "рф",
    "укр",
    "бел",
    "бг",
    "ευ",
    "ελ",
    "ไทย",
    "भारत",
    "پاکستان",
    "مصر",
    "قطر",
    "امارات",
    "السعودية",
    "ایران",
)
