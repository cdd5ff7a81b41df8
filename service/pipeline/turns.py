"""Know the turns of phrase of spam, and of people who talk about an article, by what they are for.

One dictionary look-up per word, pair and triple of words: linear on any input, and words of ten languages cost nothing
extra. Phrases are as the spam judge's tokeniser cuts them: lower case, digits as 0, Chinese character by character.
"""

from collections.abc import Sequence

_OFFER = """
we offer; we ship; we deliver; we provide; we supply; we sell; we specialize; we specialise; we accept; we buy; our team; our
services; our service; our company; our clients; our customers; our website; our shop; our store; our app; our experts; our
products; free shipping; free delivery; free quote; free quotes; free trial; free consultation; free survey; free estimate; free
audit; free spins; free bet; no credit check; bad credit; no prescription; without prescription; no script; without a script;
no rx; money back; best price; best prices; low price; lowest price; competitive price; half price; cheap rate; % off; discount;
discounts; promo code; discount code; coupon; code; use code; limited time; while stock; today only; order now; order yours;
order online; buy now; buy online; shop now; book now; apply now; in stock; for sale; same day; next day; overnight; worldwide;
worldwide shipping; cash on delivery; satisfaction; guarantee; guaranteed; guarantees; legit; discreet; plain box; affordable;
wholesale; call out fee; no fees; no deposit; no collateral; interest rate; all brands; top quality; high quality; best quality;
premium; certified; licensed; insured; years of experience; years experience; within minutes; in minutes; 00 hours; instant;
instantly; approval; delivered; delivery; available; starting at; from only; for only; just $; natural; no side effects; no
experience; no plagiarism; real and registered; catalogue; sample; visit us; trial; subscription; per month; cancel anytime;
ohne schufa; ohne rezept; kostenlos; rabatt; versand; festpreis; günstig; sofort; garantiert; jetzt bestellen; nachnahme; code;
sin receta; sin nómina; sin aval; gratis; descuento; envío; envíos; oferta; garantizado; presupuesto; a domicilio; al instante;
sans ordonnance; sans dépôt; gratuit; gratuits; livraison; remise; devis; garanti; garantis; discrète; sans engagement;
sem receita; frete; frete grátis; desconto; orçamento; garantia; na hora; promoção; entrega; parcelado; negativado;
без справок; без отказа; бесплатно; скидка; скидки; доставка; гарантия; недорого; круглосуточно; оплата после; выезд; в наличии;
promo; diskon; murah; termurah; terpercaya; bisa cod; siap kirim; garansi; ready; resmi; ongkir; bonus;
guarantee ke saath; sirf; turant; free delivery; paisa vapas; ghar baithe; discount; samadhan;
免 费; 优 惠; 包 邮; 厂 家; 批 发; 下 单; 到 账; 无 抵 押; 包 过; 退 款; 付 款; 上 门; 专 业; 低 价; 办 理; 代 写; 代 开; 名 额;
مجانا; خصم; توصيل; عرض; عروض; بأفضل; مضمون; مضمونة; أسعار; بأسعار; الدفع عند; لفترة محدودة; ضمان
"""
_CONTACT = """
whatsapp; telegram; viber; wechat; dm me; dm for; dm to; dm us; inbox me; inbox; text me; message me; msg me; pm me; write me; write
him; write to; contact us; contact him; contact her; contact me; contact them; contact; call us; call now; call me; call today; call
our; email us; email me; email him; e-mail; reach out; reach me; reach him; reach her; reach them; link in bio; link in my; in my bio;
in my profile; my profile; my bio; my page; my pics; on my name; ask for; ask me; get in touch; add me; on instagram; on ig; on snap;
hit me; hmu; talk to; send me; send us; click here; click my; click the; click on; tap on; tap the; this page; link below; see link;
the link; this link; at the link; join us; join our; join my; join now; join the; sign up; register; visit; search for; google him;
schreib mir; schreibt; schreib; kontaktieren; melde dich; anruf genügt; jetzt anrufen; auf meinem profil; klick; hier klicken;
escríbeme; escribeme; escríbanme; contáctame; contacto; llama; llame; al whatsapp; por privado; enlace; en el perfil; búsquenla; únete;
contactez; écrivez; appelez; mon profil; en mp; en bio; lien en; message privé; cliquez; rejoignez; inscrivez;
me chama; chama no; chama; link na bio; na bio; no meu perfil; entre em contato; fale com; clique; entra no grupo; no zap;
пишите; пиши; в личку; в лс; в телеграм; в телеграме; телеграм; звоните; обращайтесь; в профиле; ссылка; по ссылке; переходи; жми; плюс;
hubungi; wa; chat saya; klik; cek bio; di bio; di profil; link di; daftar; gabung; minat; admin; japri;
sampark; call kare; call karo; whatsapp karo; whatsapp kare; msg karo; inbox karo; join karo; link open; number pe;
加 微; 微 信; 联 系; 私 信; 电 话; 点 击; 加 我; 扣 扣; 进 群; 加 群; 关 注; 扫 码; 咨 询;
تواصل; للتواصل; واتساب; واتس; اتصل; راسلني; راسلونا; للطلب; الخاص; رابط; الرابط; حسابي; سجل; تليجرام; انضم
"""
_TESTIMONY = """
changed my life; all thanks; thanks to dr; thanks to mr; thanks to mrs; thanks to coach; helped me; cured; cured me; got cured; healed;
recommend him; recommend her; recommend them; i recommend; highly recommend; was skeptical; was sceptical; was scammed; god bless; god
sent; so happy; am so; i am here; here to share; testimony; testify; testimonies; herbal; herbalist; spell caster; spell; spells; miracle;
completely; totally; permanently; doubted; never believed; nobody believed; until i; i met; i found; i came across; came across; was
introduced; introduced me; a friend; my friend; my colleague; my neighbour; my neighbor; financial freedom; withdraw; withdrew;
withdrawal; profits; profit; mentor; coach; recovered my; got my money; got my account; in just; in only; within 0; weeks; months;
lost 00; lbs; kg; root; herb; herbs; powder; drops; gummies; capsules; supplement; detox; blood sugar; belly fat; fast and reliable; he is
fast; reliable; genuine; trust me; no joke; not a joke; it really works; actually works; works; worked for me; try it; you won't regret
"""
_EARN = """
per week; per day; a day; a week; an hour; per month; a month; weekly; daily; from home; at home; passive income; side hustle; extra
income; extra cash; income; work online; online job; part time; payout; payouts; easy money; make money; making money; made $; earn;
earned; earning; earnings; earns; i make; i made; i earn; get paid; paid every; invest; invested; investing; investment; trade; trading;
trader; signals; platform; bitcoin; btc; crypto; usdt; forex; wallet; deposit; returns; roi; win rate; double your; multiply; airdrop;
presale; mint; loan; loans; lender; funding; odds; bet; bets; betting; jackpot; bonus; casino; slots; slot; spins; tips; fixed; predictions;
heimarbeit; verdienen; verdiene; euro extra; im monat; kredit; rendite; freispiele; gana; ganar; ganas; ingresos; invertí; préstamo;
préstamos; dinero; gagner; gagne; revenus; par mois; prêt; prêts; ganhe; ganhar; renda; por dia; empréstimo; lucro; pix; доход; заработок;
заработать; зарабатывать; в день; в неделю; займ; кредит; деньги; ставки; прибыль; крипте; инвестиции; cuan; modal; gacor; maxwin; slot; togel;
pinjaman; cair; profit; per hari; kamao; kamai; roz; loan; 日 结; 月 入; 稳 赚; 赚 钱; 兼 职; 贷 款; 彩 票; 投 资; 下 款; اربح; دخل; دخلي;
استثمار; قرض; قروض; قرضك; تمويل; تداول; أرباح
"""
_PROMOTE = """
my channel; my channels; my video; my videos; my song; my songs; my music; my remix; my cover; my covers; my mixtape; my new; my soundcloud;
my instagram; my insta; my twitter; my youtube; my website; my web; my site; my blog; my store; my shop; my beats; my rap; my story; my vlog;
my gaming; our channel; our video; our videos; our song; our music; our band; our new; new video; new song; new single; new channel; new
youtuber; check out; check it; check this; check my; check me; checkout; sub to; sub me; sub for; sub back; sub0sub; subs; subscribe;
subscribed to; subscribe to; suscribe; follow me; follow my; follow us; follow back; like back; like my; like this; like the; like if; likes;
thumbs up; thumb up; vote for; please vote; vote; please like; please share; share this; share my; share and; support me; support us; support
my; watch my; watch this; watch me; listen to my; listen to me; take a listen; give me a; a chance; i rap; i sing; rapper; upcoming; small
channel; small youtuber; get noticed; gofundme; donate; petition; giveaway; giving away; free download; full movie; hit 0; hit 00; hit 000;
reach 000; need 00; make it to; my first; show love; show some love; go to my; come see; come check; please help; please watch; feedback;
what you think; like this comment; this comment; a like; take a look at; this video on; on youtube; a look at; look up; go check; my page; copy this; copy and paste; repost; bad luck; pass it on; send this to;
meinen kanal; mein kanal; abonniert; schaut; mi canal; suscríbete; suscribanse; pasen; ma chaîne; abonnez; meu canal; inscreve; se inscreve;
мой канал; подпишись; подписывайтесь; на мой; channel ane; mampir; numpang; subscribe kar; mera gaana; mere channel; kanalıma; abone; 订 阅;
我 的 频 道; 互 粉; اشتركوا; قناتي; كانلي
"""
_PRAISE = """
great post; nice post; good post; great article; nice article; good article; great blog; nice blog; great site; great website; great
information; nice information; great content; great job; good job; great work; nice work; amazing post; amazing article;
awesome post; awesome article; excellent post; excellent article; wonderful post; wonderful article; informative; very informative; useful
information; helpful information; valuable information; valuable; thanks for sharing; thank you for sharing; thank for sharing; for sharing;
keep it up; keep up; keep posting; keep writing; bookmark; bookmarked; bookmarking; stumbled upon; stumbled on; came across your; your blog;
your blogs; your website; your site; your web; your weblog; your page; your post; your posts; your article; your articles; your writing; your
content; your theme; this blog; this website; this web; this weblog; this site; web site; webpage; weblog; write up; writeup; your readers;
your visitors; subscribe to your; rss; rss feed; your feed; looking forward; visit again; come back; will be back; well written; wanted to say;
perfectly written; i have read; i am sure; pretty nice; really enjoyed; very useful; very helpful; so helpful; the admin; blog owner; this
topic; this subject; on this topic; this matter; good points; insightful; thoughtful; fantastic; magnificent; astonishing; well explained;
toller beitrag; weiter so; sehr informativ; gespeichert; gracias por compartir; excelente blog; muy útil; très bon article; merci du partage;
parabéns; muito bom; adorei; полезная статья; интересный сайт; в закладки; sangat bermanfaat; kunjungan balik; nice info; accha article; mere blog;
支 持 一; 写 得; موضوع رائع; مدونة; شكرا لكم
"""
_SEO = """
guest post; guest posts; guest article; guest blog; guest articles; link exchange; backlink; backlinks; dofollow; do follow; ranking; rankings;
rank; first page; seo; link building; domain authority; da 00; sponsored; sponsored post; sponsored article; write for; web design; website
design; errors found; meta tags; traffic; visitors; followers; views; real visitors; social media; digital marketing; marketing; agency; audit;
your business; your website; our client; per link; outreach; freelance writer; contribute; proposal; quotation; inquiry; manufacturer; factory;
supplier; oem; machine; dear sir; dear friend; respected sir; hello sir; hello editor; kindly; sir madam; your company; накрутка; продвижение;
подписчики; просмотры; seguidores; abonnés; followers; 粉 丝; 点 赞; متابعين; زيادة
"""
_GOODS = """
escort; escorts; call girl; call girls; callgirls; sexy; sex; nude; nudes; naked; horny; lonely; hot girls; naughty; cam; cams; webcam; onlyfans;
no clothes; incall; outcall; hookup; hook up; singles; ladies near; near you; massage; my pics; my pictures; models; viagra; cialis; kamagra;
xanax; tramadol; valium; ambien; ketamine; lsd; mushrooms; dmt; weed; cannabis; vape; vapes; pills; meds; pharmacy; rx; ivermectin; ozempic;
semaglutide; steroids; sarms; peptides; passport; passports; licence; license; diploma; diplomas; certificate; certificates; documents; ielts;
degree; fake; clone; replica; replicas; mirror quality; hacker; hack; hacked; hackers; spy; crack; cracked; keygen; mod; apk; generator; unlimited;
free v; robux; v bucks; gift card; gift cards; iptv; 0k; essay; essays; assignment; assignments; dissertation; homework help; thesis; exam for;
психолог; интим; досуг; массаж; диплом; дипломы; masaje; massage; obat kuat; 发 票; 办 证; 上 门 服 务; 美 女; شهادات
"""
_CRITIC = """
scam; scams; scammed; scammer; scammers; fraud; frauds; fraudster; fake; fakes; beware; careful; don't fall; fell for; spam; spammer; spammers;
bots; bot; rubbish; nonsense; warned; warning; victim; victims; police; reported; report; lost; ombudsman; regulator; trading standards; banned;
ban; illegal; rip off; con; conned; thieves; thief; stole; stolen; lie; lies; liar; liars; dangerous; addiction; addicted; debt; greed; shame;
disgrace; avoid; never buy; never pay; don't buy; don't click; don't pay; phishing; dodgy; suspicious; delete; deleted; moderate; moderator;
betrug; betrüger; estafa; estafas; arnaque; arnaques; golpe; golpes; мошенники; мошенник; развод; penipuan; penipu; fraud hai; thagi; 骗; 诈 骗;
نصب; احتيال; نصابين
"""
_ARTICLE = """
the article; this article says; the author; the writer; the journalist; the reporter; paragraph; headline; the piece; the photo; the photos; the
picture; the comments; these comments; the comment; other comments; you forgot; you missed; you left out; correction; typo; the editor; according
to; as you say; as the; the council; the government; the city; the school; the hospital; the minister; the mayor; councillor; my mum; my mom; my
dad; my father; my mother; my wife; my husband; my son; my daughter; my kids; my sister; my brother; my gran; my grandmother; my grandfather;
i remember; when i was; years ago; used to; i'd; i've; i'm not; i think; i don't; isn't; wasn't; doesn't; didn't; couldn't; wouldn't; won't; can't;
anyone know; does anyone; who else; what about; is it; does it; why is; why do; how do; how long; where is; lol; haha; not affiliated; no affiliation;
volunteer; volunteers; free of charge; for nothing; not selling; not an advert; meeting; petition; template letter; source; table; figures; link to
the study; citation; talk page; wikipedia; edit; reference
"""

KINDS = ("offer", "contact", "testimony", "earn", "promote", "praise", "seo", "goods", "critic", "article")
_LONGEST = 3


def _read(listed: tuple[str, ...]) -> dict[str, tuple[int, ...]]:
    found: dict[str, tuple[int, ...]] = {}
    for kind, phrases in enumerate(listed):
        for phrase in phrases.replace("\n", " ").split(";"):
            key = " ".join(phrase.split())
            if key and kind not in found.get(key, ()):
                found[key] = (*found.get(key, ()), kind)
    return found


_TURNS = _read((_OFFER, _CONTACT, _TESTIMONY, _EARN, _PROMOTE, _PRAISE, _SEO, _GOODS, _CRITIC, _ARTICLE))
# A phrase's first word, so that most words cost one look-up.
_FIRST = frozenset(phrase.split()[0] for phrase in _TURNS)


def turns(tokens: Sequence[str]) -> list[int]:
    """Return how many turns of phrase of each of `KINDS` there are among the words of a text."""
    counts = [0] * len(KINDS)
    for start, token in enumerate(tokens):
        if token not in _FIRST:
            continue
        key = token
        for length in range(1, _LONGEST + 1):
            for kind in _TURNS.get(key, ()):
                counts[kind] += 1
            if start + length >= len(tokens):
                break
            key = f"{key} {tokens[start + length]}"
    return counts
