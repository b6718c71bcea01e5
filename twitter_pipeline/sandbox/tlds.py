"""Top-level domains X takes for a link, from the IANA root zone: every country, and generic names but brands."""

from __future__ import annotations

_COUNTRY = """
ac ad ae af ag ai al am ao aq ar as at au aw ax az ba bb bd be bf bg bh bi bj bl bm bn bo bq br bs bt bv bw by bz ca
cc cd cf cg ch ci ck cl cm cn co cr cu cv cw cx cy cz de dj dk dm do dz ec ee eg eh er es et eu fi fj fk fm fo fr ga
gb gd ge gf gg gh gi gl gm gn gp gq gr gs gt gu gw gy hk hm hn hr ht hu id ie il im in io iq ir is it je jm jo jp ke
kg kh ki km kn kp kr kw ky kz la lb lc li lk lr ls lt lu lv ly ma mc md me mf mg mh mk ml mm mn mo mp mq mr ms mt mu
mv mw mx my mz na nc ne nf ng ni nl no np nr nu nz om pa pe pf pg ph pk pl pm pn pr ps pt pw py qa re ro rs ru rw sa
sb sc sd se sg sh si sj sk sl sm sn so sr ss st su sv sx sy sz tc td tf tg th tj tk tl tm tn to tp tr tt tv tw tz ua
ug uk um us uy uz va vc ve vg vi vn vu wf ws ye yt za zm zw
ελ ευ бг бел ею мкд мон рф срб укр қаз հայ الاردن
البحرين الجزائر السعودية المغرب امارات ایران بھارت
تونس سودان سورية عراق عمان فلسطين قطر مصر مليسيا
موريتانيا پاکستان ڀارت भारत भारतम् भारोत বাংলা ভারত
ভাৰত ਭਾਰਤ ભારત ଭାରତ இந்தியா இலங்கை சிங்கப்பூர் భారత్
ಭಾರತ ഭാരതം ලංකා ไทย ລາວ გე 中国 中國 台湾 台灣 新加坡 澳門 香港 한국
"""
_GENERIC = """
able abogado academy accountant accountants actor adult aero africa agency airforce amsterdam analytics apartments
app arab archi army arpa art asia associates attorney auction audio author auto autos baby band bank bar barcelona
bargains bayern bcn beauty beer berlin best bet bible bid bike bingo bio biz black blackfriday blog blue boats boo
book booking boston bot boutique box broadway broker brussels budapest build builders business buzz bzh cab cafe
call cam camera camp capital car caravan cards care career careers cars casa cash casino cat catering catholic
center ceo cern charity chat cheap christmas church circle city claims cleaning click clinic clothing cloud club
coach codes coffee college cologne com community company computer comsec condos construction consulting contact
contractors cooking cool coop country coupon coupons courses credit creditcard creditunion cricket crown cruise
cruises cymru cyou dad dance data date dating day deal dealer deals degree delivery democrat dental dentist desi
design dev diamonds diet digital direct directory discount diy docs doctor dog domains dot download drive dubai duck
durban earth eat eco edu education email energy engineer engineering enterprises equipment esq estate eurovision eus
events exchange expert exposed express fail faith family fan fans farm farmers fashion fast feedback film final
finance financial fire fish fishing fit fitness flights florist flowers fly foo food football forex forsale forum
foundation free frl fun fund furniture futbol fyi gal gallery game games garden gay gent gift gifts gives giving
glass global gmbh gold golf google gop got gov graphics gratis green gripe grocery group guide guitars guru hair
hamburg hangout health healthcare help helsinki here hiphop hiv hockey holdings holiday homes horse hospital host
hosting hot hoteles hotels house how ice icu immo immobilien inc industries info ing ink institute insurance insure
int international investments irish ist istanbul java jetzt jewelry jobs joburg jot joy juegos kim kinder kitchen
kiwi koeln kosher krd kyoto land lat latino law lawyer lease legal lgbt life lifestyle lighting like limited limo
link live living llc llp loan loans locker loft lol london lotto love ltd ltda luxe luxury madrid maison makeup
management map market marketing markets mba med media meet melbourne meme memorial men menu miami mil mini mint mobi
mobile mobily moda moe moi mom money monster mormon mortgage moscow moto motorcycles mov movie museum music mutual
nagoya name natura navy net network new news ngo ninja now nowruz nrw nyc observer off office okinawa one ong onion
onl online ooo open org organic origins osaka ovh page paris pars partners parts party passagens pay pet pets phd
phone photo photography photos physio pics pictures pid pin ping pink pizza place play plumbing plus poker politie
porn post praxi press prime pro prod productions prof progressive promo properties property protection pub qpon
quebec quest racing radio read realestate realtor realty recipes red rehab reise reisen ren rent rentals repair
report republican rest restaurant review reviews rich rio rip rocks rodeo room rsvp rugby ruhr run ryukyu saarland
safe safety sakura sale salon sarl sas save scholarships school schule science scot search seat secure security
select services ses sex sexy sfr shiksha shoes shop shopping show silk singles site ski skin sky smart smile soccer
social software solar solutions song soy space sport spot srl stockholm storage store stream studio study style
sucks supplies supply support surf surgery swiss sydney systems taipei talk tatar tattoo tax taxi team tech
technology tel tennis theater theatre tickets tienda tips tires tirol today tokyo tools top total tours town toys
trade trading training travel trust tube tunes university uno vacations vegas ventures versicherung vet viajes video
villas vin vip vision viva vivo vlaanderen vodka vote voting voto voyage wales wang watch watches weather webcam
website wed wedding wien wiki win wine winners work works world wtf xxx xyz yachts yoga yokohama you youtube zero
zip zone zuerich
vermögensberater vermögensberatung дети католик ком
москва онлайн орг рус сайт קום بازار شبكة عرب كوم
موقع همراه कॉम नेट संगठन คอม みんな クラウド グーグル コム ストア
セール ファッション ポイント 世界 中文网 企业 佛山 信息 健康 八卦 公司 公益 商城 商店 商标
在线 娱乐 家電 广东 慈善 我爱你 手机 手表 招聘 政务 政府 新闻 时尚 書籍 机构 游戏 点看
珠宝 移动 组织机构 网址 网店 网站 网络 购物 通販 集团 食品 餐厅 닷넷 닷컴
"""

COUNTRY = frozenset(_COUNTRY.split())
GENERIC = frozenset(_GENERIC.split())
