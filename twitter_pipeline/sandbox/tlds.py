"""Top-level domains X takes for a link, from the IANA root zone: every country code, common generic names."""

from __future__ import annotations

_COUNTRY = """
ac ad ae af ag ai al am ao aq ar as at au aw ax az ba bb bd be bf bg bh bi bj bl bm bn bo bq br bs bt bv bw by bz ca
cc cd cf cg ch ci ck cl cm cn co cr cu cv cw cx cy cz de dj dk dm do dz ec ee eg eh er es et eu fi fj fk fm fo fr ga
gb gd ge gf gg gh gi gl gm gn gp gq gr gs gt gu gw gy hk hm hn hr ht hu id ie il im in io iq ir is it je jm jo jp ke
kg kh ki km kn kp kr kw ky kz la lb lc li lk lr ls lt lu lv ly ma mc md me mf mg mh mk ml mm mn mo mp mq mr ms mt mu
mv mw mx my mz na nc ne nf ng ni nl no np nr nu nz om pa pe pf pg ph pk pl pm pn pr ps pt pw py qa re ro rs ru rw sa
sb sc sd se sg sh si sj sk sl sm sn so sr ss st su sv sx sy sz tc td tf tg th tj tk tl tm tn to tp tr tt tv tw tz ua
ug uk um us uy uz va vc ve vg vi vn vu wf ws ye yt za zm zw рф бг укр қаз мкд срб мон ею 中国 中國 香港 台湾 台灣
澳門 한국 भारत ไทย
"""
_GENERIC = """
academy actor adult aero agency app army art arpa asia associates audio auto baby band bank bar bargains beauty beer
berlin best bet bid bike bingo bio biz black blog blue boutique brussels build builders business buzz cab cafe cam
camera camp capital cards care career careers cars casa cash casino cat catering center chat cheap church city
claims cleaning click clinic clothing cloud club coach codes coffee college com community company computer condos
construction consulting contact contractors cooking cool coop country coupons courses credit cricket cruises dance
date dating day deals degree delivery democrat dental design dev diamonds diet digital direct directory discount dog
domains download earth education edu email energy engineer engineering enterprises equipment estate events exchange
expert exposed express fail faith family fans farm fashion film finance financial fish fit fitness flights florist
flowers football forsale forum foundation fun fund furniture futbol fyi gallery game games garden gift gifts glass
global gmbh gold golf google gov graphics gratis green group guide guitars guru hair hamburg health healthcare help
hiphop hockey holdings holiday homes horse hospital host hosting house how icu immo inc industries info ink
institute insurance insure int international investments jetzt jewelry jobs joburg kim kitchen kiwi koeln land law
lawyer lease legal lgbt life lighting limited limo link live llc loan loans lol london love ltd luxury maison
management market marketing media melbourne memorial men menu miami mil mobi moda moe mom money monster mortgage
moscow movie museum music name nagoya navy net network new news ngo ninja nyc okinawa one online onl organic org
osaka page paris partners parts party pet pets photo photography photos physio pics pictures pink pizza place
plumbing plus poker porn post press pro productions promo properties property pub qpon quebec racing realty recipes
red rehab reise reisen rent rentals repair report republican rest restaurant review reviews rio rip rocks run ryukyu
sale salon school science security services sex sexy shiksha shoes shop shopping show singles site ski soccer social
software solar solutions space sport store stream studio style sucks supplies supply support surf surgery swiss
sydney systems tattoo tax taxi team tech technology tel tennis theater tickets tienda tips tires today tokyo tools
top tours town toys trade trading training travel university uno vacations vegas ventures vet viajes video villas
vin vip vision vodka vote voting voyage wales wang watch webcam website wedding wiki wien win wine work works world
wtf xxx xyz yachts yoga yokohama zone москва онлайн сайт орг дети みんな 公司 网络 在线 移动 网址 集团 中文网 संगठन
"""

COUNTRY = frozenset(_COUNTRY.split())
GENERIC = frozenset(_GENERIC.split())
