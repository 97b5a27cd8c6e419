"""Words that look like a term and mean something else, and spellings that look like none and are: which alert, and which do not."""

import pytest

from bot.model import Item
from bot.watch import query as language
from bot.watch.matcher import Matcher

EVERYTHING = {
    "trials": '"decentralized trials" OR "clinical trial authorisation" OR "multiregional trials" OR "US representation"',
    "approval": '"conditional approval" OR "priority review" OR "complete response letter" OR "expedited review" OR GIFT',
    "policy": '"innovative pharma company certification" OR "Korea regulatory priorities" OR "biopharma financing" OR "user fees"',
    "quality": 'CMC OR "post-approval change" OR GMP OR nitrosamine OR "data integrity" OR "PIC/S" OR "active pharmaceutical ingredient"',
    "safety": 'recall OR pharmacovigilance OR labelling OR "drug shortage" OR "risk management plan"',
    "products": '"AI medical device" OR "medical device regulation" OR biosimilar OR "gene therapy" OR "orphan drug" OR paediatric',
    "process": '"draft guidance" OR "regulatory consultation" OR "real-world evidence" OR "drug pricing" OR "good distribution practice"',
}
"""Most of what people watch; none of it is meant by a trap."""
ALL = Matcher({name: language.parse(text) for name, text in EVERYTHING.items()})


def alerts(title: str, **more: str) -> dict[str, list[str | None]]:
    """What alerts on a title, with the terms that are to blame."""
    found = ALL.match(Item.model_validate({"id": "1", "title": title} | more))
    return {name: [one.term for one in evidence] for name, evidence in found.items()}


OTHER_TRADES = [
    # what competition authorities, ministries and other industries call so
    ("zh", "市场监管总局附条件批准腾讯收购喜马拉雅股权案"),
    ("zh", "商务部附条件批准两家化工企业经营者集中"),
    ("zh-Hant", "公平會附條件批准兩家半導體廠結合案"),
    ("zh", "去中心化交易所与区块链的未来"),
    ("zh", "去中心化自治组织（DAO）治理代币上线"),
    ("zh-Hant", "去中心化錢包遭駭客入侵"),
    ("ja", "分散型台帳とブロックチェーンの実証実験"),
    ("ko", "탈중앙화 거래소 해킹 피해 급증"),
    ("zh", "关于《城市道路管理办法（征求意见稿）》公开征求意见"),
    ("zh", "教育部就校外培训管理条例公开征求意见"),
    ("zh", "交通运输部《网络货运管理办法（征求意见稿）》征求意见"),
    ("ja", "道路交通法施行令案に対する意見の募集について"),
    ("ja", "電波法施行規則の一部を改正する省令案に関する意見募集"),
    ("ko", "국토부, 도로법 개정안 의견수렴 공청회 개최"),
    ("zh", "专利优先审查管理办法修订"),
    ("ja", "特許出願の優先審査に関する事情説明書"),
    ("ko", "특허청, 반도체 분야 우선심사 확대"),
    ("en", "Patent office offers priority examination for green technology"),
    ("zh", "房企融资协调机制落地"),
    ("ja", "地銀、ファンド出資で地域創生"),
    ("ko", "세금 급여 인상, 최저임금 협상 난항"),
    ("zh", "物流企业供应链金融创新大会"),
    ("ko", "반도체 공급망 안정화 대책 발표"),
    ("en", "Teacher shortage worsens in rural areas"),
    ("zh", "特斯拉召回部分进口汽车"),
    ("en", "Toyota recalls 2 million vehicles over airbag fault"),
    ("ko", "현대차 전기차 3만대 리콜"),
    ("ja", "乗用車のリコールを届け出"),
    ("ja", "容器包装リサイクル法　ペットボトルの回収率"),
    ("zh", "废旧电池回收管理暂行办法"),
    ("ko", "폐의약품 회수 수거함 확대"),
    ("ko", "사모펀드, 투자금 회수 나선다"),
    ("en", "CMC Markets posts record profit"),
    ("zh", "中央军委（CMC）主席签署命令"),
    # telemedicine and manufacture are not trials
    ("ko", "비대면진료 시범사업 초진 허용 범위 논의"),
    ("ja", "オンライン診療の初診解禁から5年"),
    ("en", "Telehealth visits rise after rule change"),
]

OTHER_SENSES = [
    # acronyms
    ("en", "Indian national arrested at the border"),
    ("en", "IND vs AUS: third Test, day two, live updates"),
    ("en", "Made in IND by a shoe maker"),
    ("en", "A gift for teachers: what to buy this year"),
    ("en", "GIFT CARD SALES RISE BEFORE CHRISTMAS"),
    ("ko", "추석 선물 기프트카드 판매 급증"),
    ("en", "Let us know: tell us about the trial of the former president"),
    ("de", "Ich bin der neue Sprecher des Hauses, sagt er"),
    ("ko", "고병원성 AI 확산 방역 강화, 가금 농가 살처분"),
    ("ko", "조류인플루엔자(AI) 위기경보 심각 단계 상향"),
    ("zh", "禽流感(AI)疫情处置演练"),
    ("en", "Bird flu (AI) detected at Iowa egg farm"),
    ("zh", "AI大模型写作业引发家长担忧"),
    ("ja", "生成AIで議事録作成　自治体が導入"),
    ("en", "Image compression by DCT and wavelets"),
    ("en", "A seven-speed DCT gearbox for the new hatchback"),
    ("en", "The browser checks a CRL before it trusts a certificate"),
    ("en", "API keys leaked: developers urged to rotate credentials"),
    ("en", "The weather service opens its API to the public"),
    ("en", "CMA opens inquiry into supermarket prices"),
    ("en", "Staff asked to sign an NDA before the merger"),
    ("en", "Google's GCP outage hits online shops"),
    ("en", "PV installations double as panels get cheaper"),
    ("en", "PIP assessments: disability benefit claims delayed"),
    ("en", "GDP growth slows in the third quarter"),
    ("ko", "올해 GDP 성장률 전망 하향"),
    ("en", "MDR and XDR vendors compared for network security"),
    ("en", "PICS: the royal wedding in photographs"),
    ("en", "CTA trains delayed by snow in Chicago"),
    ("en", "The RFI is due on Friday, says the construction firm"),
    # ordinary words
    ("en", "Do you recall your first day at work?"),
    ("en", "Total Recall returns to cinemas"),
    ("en", "Recall bias in surveys of voters"),
    ("en", "Complete response rates in lymphoma"),
    ("en", "Complete response rate hits 62% in phase 2 lymphoma trial"),
    ("en", "Open-label study meets endpoint"),
    ("en", "Record label signs new artist"),
    ("en", "Orphan elephants return to the wild"),
    ("en", "Orphaned children find new homes after the earthquake"),
    ("en", "Rare earth exports fall"),
    ("en", "Hospital reimburses staff travel after audit"),
    ("en", "Notice of Meeting of the Advisory Council"),
    ("fr", "Notice : comment remplir votre formulaire"),
    ("en", "Kidney transplant rejection risk falls with new test"),
    ("en", "Interchangeable lens cameras compared"),
    ("en", "Prime ministers meet in Oslo"),
    ("en", "Fast track for commuters as new line opens"),
    ("en", "Decentralised finance platform raises interest rates"),
    ("en", "Dinitrogen fixation in soils"),
    ("en", "Acceptable daily intake of sweeteners revised"),
    ("zh", "腊肉中亚硝酸盐超标抽检通报"),
    ("zh", "选择性血清素再回收抑制剂的使用"),
    ("ja", "子どもの読書活動推進計画"),
    ("ja", "登記事項の変更手続きオンライン化"),
    ("zh", "市场主体变更登记办事指南"),
]

MORE = [
    # of both sorts, written before any of them was tried
    ("en", "Gift tax thresholds raised for 2026"),
    ("en", "GIFT City attracts more banks, says Gujarat minister"),
    ("ko", "GIFT 시티 진출 은행 늘어"),
    ("en", "Indian pharmacist wins Booker Prize longlist"),
    ("en", "Tell us what you think of our new website"),
    ("de", "Weil ich Medikamente nehme, darf ich nicht fahren"),
    ("de", "ICH BIN EIN BERLINER: Ausstellung zum Jahrestag"),
    ("en", "Notice of meeting of shareholders of Pfizer Inc."),
    ("en", "Notice of change of venue for the annual general meeting"),
    ("zh", "市场监管总局附条件批准新思科技收购安似科技股权案"),
    ("zh", "附加限制性条件批准某矿业并购案"),
    ("zh-Hant", "去中心化身分驗證技術論壇"),
    ("zh", "去中心化存储网络节点数创新高"),
    ("en", "Decentralised manufacturing of furniture gains ground"),
    ("en", "Decentralised procurement trial in schools extended"),
    ("en", "Decentralized identity pilot begins trials at airports"),
    ("ko", "AI 살처분 범위 축소, 농식품부 방역대책"),
    ("en", "AI stocks slide as chip maker warns"),
    ("en", "CRL: the new Elizabeth line timetable"),
    ("en", "CMA CGM orders twelve container ships"),
    ("en", "CMA fines five banks over gilt chats"),
    ("en", "NDA alliance wins Bihar election"),
    ("en", "IND-PAK ceasefire talks resume"),
    ("en", "PV modules: anti-dumping duty imposed"),
    ("en", "GCP vs AWS: cloud prices compared"),
    ("en", "The GDP deflator explained"),
    ("en", "MDR alerts: managed detection and response for banks"),
    ("en", "Trial of ex-minister to be held behind closed doors"),
    ("en", "Priority review of school budgets ordered"),
    ("en", "Conditional approval granted for stadium extension"),
    ("en", "Accelerated approval process for housing permits"),
    ("en", "Wine labelling rules: EU to allow QR codes"),
    ("en", "Energy labelling of tyres revised"),
    ("en", "Voters recall school board in San Francisco"),
    ("en", "Peloton recalls exercise bikes over seat posts"),
    ("en", "Truck driver shortage eases"),
    ("en", "Egg shortage: prices double"),
    ("en", "Orphan works copyright licensing scheme"),
    ("en", "Software engineers face layoffs"),
    ("ko", "급여 압류 통지서 발송"),
    ("ko", "공무원 급여 3% 인상 확정"),
    ("ko", "재건축 조건부 허가 단지 늘어"),
    ("ko", "주차장 우선심사 제도 도입"),
    ("ja", "賞味期限誤表示の弁当を自主回収"),
    ("ja", "都市計画の変更計画を縦覧"),
    ("ja", "銀行の条件付き承認、店舗統合へ"),
    ("ja", "ソフトウェア会社がＩＰＯ、初値は公募の2倍"),
    ("zh", "新能源车企完成20亿元融资"),
    ("zh", "芯片短缺缓解，车企复产"),
    ("zh", "儿童座椅国家标准发布"),
    ("zh", "手机说明书字号太小遭吐槽"),
    ("fr", "Appel d'offres : consultation des entreprises pour la cantine"),
    ("es", "Retirada de carné por exceso de velocidad"),
    ("de", "Zulassung von Kraftfahrzeugen wird digital"),
]


@pytest.mark.parametrize(("tongue", "title"), OTHER_TRADES)
def test_what_other_trades_call_so_does_not_alert(tongue: str, title: str) -> None:
    assert alerts(title, language=tongue) == {}


@pytest.mark.parametrize(("tongue", "title"), [*OTHER_SENSES, *MORE])
def test_an_acronym_or_a_word_in_another_sense_does_not_alert(tongue: str, title: str) -> None:
    assert alerts(title, language=tongue) == {}


@pytest.mark.parametrize(("tongue", "title"), [*OTHER_TRADES, *OTHER_SENSES, *MORE][::5], ids=lambda one: one if len(one) > 8 else "")
def test_a_trap_is_none_the_less_one_in_an_item_of_unknown_language(tongue: str, title: str) -> None:
    assert alerts(title) == {}


def test_decentralised_manufacture_is_no_trial() -> None:
    title = "Decentralised manufacture of medicinal products: new guideline"
    assert "trials" not in alerts(title, language="en", agency="MHRA")


SPELLINGS = [
    ("trials", "분산형임상시험을 위한 안내"),
    ("trials", "분산형  임상 시험 도입"),
    ("trials", "분산형·임상시험"),
    ("trials", "「분산형 임상시험」 가이드라인"),
    ("trials", "\u1107\u116e\u11ab\u1109\u1161\u11ab\u1112\u1167\u11bc 임상시험"),
    ("trials", "《去中心化临床试验》指导原则"),
    ("trials", "去中心化臨床試驗執行指引"),
    ("trials", "分散型臨床試験の実施"),
    ("trials", "ｵﾝﾗｲﾝ治験の手引き"),
    ("trials", "バーチャル治験"),
    ("trials", "de\u00adcentralised clinical tri\u00adals"),
    ("trials", "De-centralised Clinical Trials"),
    ("trials", "Sponsors of DCTs must keep records"),
    ("trials", "ＤＣＴ guidance for clinical trials"),
    ("trials", "multi\u2010regional clinical trials"),
    ("approval", "優先審査の対象品目"),
    ("approval", "優先審查認定"),
    ("approval", "优先审查审批 优先审评"),
    ("approval", "附條件核准上市"),
    ("approval", "条件付き承認"),
    ("approval", "條件及び期限付承認"),
    ("approval", "조건부․허가 ∙ 조건부 허가"),
    ("approval", "글로벌ㆍ혁신제품 신속심사(GIFT) 지정"),
    ("quality", "ＧＭＰ省令の改正"),
    ("quality", "ＧＭＰ 適合性調査"),
    ("quality", "제조․품질관리기준(GMP)"),
    ("quality", "ＰＩＣ／Ｓ加盟"),
    ("quality", "PIC/S 가이드라인"),
    ("quality", "ﾆﾄﾛｿｱﾐﾝ類の混入リスク"),
    ("quality", "N\u2011nitrosamines in medicines"),
    ("quality", "ﬁll-ﬁnish site gets GMP certiﬁcate"),
    ("quality", "數據完整性與電腦化系統"),
    ("safety", "醫藥品リスク管理計画"),
    ("safety", "〔召回〕一次性使用输液器"),
    ("safety", "添附文書等記載事項 使用上の注意の改訂"),
    ("safety", "제품 회 수 및 판매 중지"),
    ("products", "プログラム醫療機器の審査"),
    ("products", "ﾊﾞｲｵ後続品"),
    ("products", "동등생물 의약품 품목허가"),
    ("products", "再生醫療等製品"),
    ("trials", "분산형임상시험을 둘러싼 쟁점"),
    ("trials", "탈중앙화 임상시험(DCT)이 온다"),
    ("trials", "去中心化临床试验（ＤＣＴ）专家共识"),
    ("trials", "分散型治験(DCT)の導入事例"),
    ("trials", "Decentralisation of clinical trials: recommendation paper"),
    ("trials", "Fully remote, de-centralised trials"),
    ("trials", "다국가임상시험에서 아시아 비중"),
    ("trials", "多區域臨床試驗計畫"),
    ("approval", "優先審查品目公示"),
    ("approval", "优先 审评 品种"),
    ("approval", "条件付承認品目一覧"),
    ("approval", "조건부허가를 받은 신약"),
    ("approval", "CRLs: FDA publishes unapproved-application letters"),
    ("approval", "ＧＩＦＴ 지정 품목"),
    ("quality", "ｃＧＭＰ 위반 사항"),
    ("quality", "ＧＭＰ調査結果通知書"),
    ("quality", "ＰＩＣ/Ｓ 가입 10주년"),
    ("quality", "資料完整性指引"),
    ("safety", "醫療器材回收作業"),
    ("safety", "添付⽂書の改訂"),
    ("products", "바이오시밀러와 오리지널"),
    ("products", "罕見疾病藥物認定"),
]


@pytest.mark.parametrize(("name", "title"), SPELLINGS)
def test_a_term_is_found_however_it_is_spelt(name: str, title: str) -> None:
    assert name in alerts(title)
