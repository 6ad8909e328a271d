"""What English sentences say of a case is read with its words; what they only ask for, fear or count is not."""

from __future__ import annotations

import pytest
from mention_rows import Row, articles_of, facts_of, rows, stages_of

FACTS = rows("""
Pavel Orlenko was born in 1971 in Tomsk. => birth_year: 1971
Pavel Orlenko (born 1971), a teacher, lives in Omsk. => birth_year: 1971
Rita Sovkina was born on August 5, 1999. => birth_date: 1999-08-05
Rita Sovkina, born 5 August 1999, works as a nurse. => birth_date: 1999-08-05
Born: 12 May 1980 => birth_date: 1980-05-12
Date of birth: 05.08.1999 => birth_date: 1999-08-05
Year of birth: 1984 => birth_year: 1984
He was born on the 3rd of March 1977 in a village near Pskov. => birth_date: 1977-03-03
His son was born in 2015. =>
The movement was born in 2012 in Minsk. =>
On 26 February 2025, Orlenko was sentenced to five years in a general regime penal colony. => verdict_date: 2025-02-26 \
| sentence: 5 years, general regime penal colony
In March 2024 the court sentenced Orlenko to seven years in prison. => verdict_date: 2024-03 | sentence: 7 years
Orlenko was sentenced on 3 April 2023 to six and a half years in a maximum security penal colony. => verdict_date: \
2023-04-03 | sentence: 6.5 years, maximum security penal colony
A military court sentenced Sovkina to eight years in a strict regime penal colony, with the first two years to be \
served in prison and one year of probation. => court: A military court | sentence: 8 years, strict regime penal \
colony, first 2 years in prison, 1 year probation
She was sentenced to 12 years in a strict-regime colony, the first three of which to be served in prison. => sentence: \
12 years, strict regime penal colony, first 3 years in prison
He received a three-year suspended sentence. => sentence: 3 years suspended
He was given a suspended sentence of two years. => sentence: 2 years suspended
She was handed a 15-year prison sentence in Rostov. => sentence: 15 years
Orlenko is serving a 7-year sentence in Siberia. => sentence: 7 years
Orlenko is serving seven years in a penal colony. => sentence: 7 years, penal colony
The sentence of 8,5 years that he got was upheld. => sentence: 8.5 years
You were sentenced to an enormous term, 9.5 years in prison. => sentence: 9.5 years
Ilya Trop was sentenced 6 years in prison for posts about the war. => sentence: 6 years
The court fined him 50,000 rubles. => sentence: fine 50,000 rubles
Sovkina was sentenced to a fine of 300,000 rubles. => sentence: fine 300,000 rubles
He was sentenced to life imprisonment. => sentence: life
The court sentenced her to compulsory psychiatric treatment. => sentence: compulsory medical treatment
He was sentenced to eight years and six months in prison. => sentence: 8.5 years
He was sentenced to 5 years and 4 months in a penal colony. => sentence: 5 years 4 months, penal colony
He was sentenced to 18 months of correctional labour. => sentence: 18 months correctional labour
She was sentenced to two years of restricted freedom. => sentence: 2 years restriction of freedom
He was sentenced to 15 days of administrative arrest. => sentence: 15 days arrest
Orlenko was jailed for 15 days. => sentence: 15 days
Orlenko was sentenced in absentia to nine years in prison. => sentence: 9 years
The appeal court reduced his sentence to four years. => sentence: 4 years
The Court of Appeal cut his term from six years to 5.5 years. => sentence: 5.5 years | sentence: 6 years
Sentence: 5 years in a general regime penal colony => sentence: 5 years, general regime penal colony
Term: 7 years => sentence: 7 years
Sentenced to 10 years in prison, he has appealed. => sentence: 10 years
Orlenko got 4 years in a penal settlement. => sentence: 4 years, penal settlement
The prosecutor asked for nine years, but the court sentenced him to seven years in prison. => sentence: 7 years
He was sentenced to 22 years in a special regime colony and a fine of 1,000,000 rubles. => sentence: 22 years, special \
regime penal colony, fine 1,000,000 rubles
On 16 March 2022, Orlenko was detained and charged with treason. => detained: 2022-03-16
Sovkina was detained in June 2023 while travelling to Chita. => detained: 2023-06
He was arrested on 5 May 2024 at his flat. => detained: 2024-05-05
In 2021, police detained Sovkina at a rally. => detained: 2021
He was arrested in May at home. =>
FSB officers detained Orlenko on February 3, 2023. => detained: 2023-02-03
On 18 March 2022, Moscow's Savelovsky district court remanded Orlenko in custody. => remanded: 2022-03-18 | court: \
Savelovsky district court, Moscow
She was placed in pre-trial detention on 7 July 2022. => remanded: 2022-07-07
He was remanded in custody on 9 January 2023 for two months. => remanded: 2023-01-09
In 2024, he was prosecuted on a charge of spreading false information. => prosecuted: 2024
A criminal case was opened against Sovkina on 2 February 2023. => prosecuted: 2023-02-02
In October 2022, a criminal case was initiated against her. => prosecuted: 2022-10
In June 2022, when a criminal case was initiated against me, I laughed. =>
He faces up to 10 years in prison. => faces: up to 10 years
Orlenko faces a maximum of 15 years in a penal colony. => faces: up to 15 years, penal colony
She could be sentenced to up to 12 years in prison. => faces: up to 12 years
He faces 20 years in prison. => faces: 20 years
On 4 June 2024, the Basmanny District Court of Moscow found him guilty. => verdict_date: 2024-06-04 | court: Basmanny \
District Court of Moscow
He was sentenced by the Second Western District Military Court to 13 years in prison. => sentence: 13 years | court: \
Second Western District Military Court
He is held in Pre-trial Detention Centre No. 2 in Perm. => place: Pre-trial Detention Centre No. 2, Perm
Since October, Orlenko has been in Tomsk's pre-trial detention centre No. 1 «Raduga». => place: pre-trial detention \
centre No. 1 "Raduga", Tomsk
She is serving her sentence in Penal Colony No. 7, Valdai. => place: Penal Colony No. 7, Valdai
He was transferred to IK-6 in Melekhovo. => place: IK-6, Melekhovo
Place of detention: SIZO-1, Novosibirsk => place: SIZO-1, Novosibirsk
The head of Penal Colony No. 7 refused to answer. =>
Staff of SIZO-1 were questioned. =>
Earlier, politician Denis Yarov was sentenced to 25 years for treason. => sentence: 25 years
On 5 May 2023 he was sentenced to 5 years in prison. => verdict_date: 2023-05-05 | sentence: 5 years
Ivan Orlenko (born 1949) was sentenced to five years in prison. => birth_year: 1949 | sentence: 5 years
Orlov and Belov were sentenced to 12 and 14 years respectively. => sentence: 12 years | sentence: 14 years
On 4 April 2023 he was detained, and on 6 April the court remanded him in custody. => detained: 2023-04-04
Orlenko was sentenced to two years in a penal colony on 3 March 2021. => verdict_date: 2021-03-03 | sentence: 2 years, \
penal colony
The chemist spent two years in a remand prison. =>
On 3 May 2024, a court in Tver jailed Nina Arkhangel, a librarian, for four years and six months. => court: a court in \
Tver | sentence: 4.5 years | verdict_date: 2024-05-03
The court upheld the verdict against Semyon Gorov and Ilya Gorov, who had been given 5 and 6 years respectively. => \
sentence: 5 years | sentence: 6 years
The court sentenced her to two years of imprisonment, suspended, with a probation period of three years. => sentence: \
2 years suspended
On 16 March 2022, she was detained and remanded in custody. => detained: 2022-03-16
Rita, born in 1990, mother of two, sentenced to 3 years => birth_year: 1990 | sentence: 3 years
The verdict was delivered on 11 April 2024. => verdict_date: 2024-04-11
He faces between 5 and 10 years in prison. => faces: 5 to 10 years
In April 2023, a Tomsk court fined her 50,000 rubles. => court: a Tomsk court | sentence: fine 50,000 rubles | \
verdict_date: 2023-04
The travel ban was imposed for two months. =>
""")

ARTICLES = rows("""
He was charged under Article 207.3, Part 2, of the Russian Criminal Code. => 207.3 ч. 2 УК РФ
Charged with Article 207.3, Part 2, Points a, b, e, of the Russian Criminal Code. => 207.3 ч. 2 п. «a», «b», «e» УК РФ
The case (Art. 207.3(2) of the Criminal Code of Russia) went on. => 207.3 ч. 2 УК РФ
under Part 2 of Article 207.3 of the Criminal Code => 207.3 ч. 2 УК
Article 30, Part 1, in conjunction with Article 275 of the Russian Criminal Code => 30 ч. 1, 275 УК РФ
Article 30, Part 1, in conjunction with Article 205.5, Part 2 => 30 ч. 1, 205.5 ч. 2
charged under Articles 275 and 205.4 of the Criminal Code of the Russian Federation => 275 УК РФ | 205.4 УК РФ
Articles 205.5 (Part 2), 222 and 318 of the Russian Criminal Code => 205.5 ч. 2 УК РФ | 222 УК РФ | 318 УК РФ
convicted under Article 361-4 of the Criminal Code of Belarus => 361-4 УК РБ
Article 111 of the Criminal Code of Ukraine => 111 КК України
fined under Article 20.3.3 of the Russian Code of Administrative Offences => 20.3.3 КоАП РФ
paragraph "a" of part 3 of Article 205 of the Criminal Code => 205 ч. 3 п. «a» УК
under Article 280.3 § 2 of the Criminal Code => 280.3 ч. 2 УК
the complete repeal of Article 280.3 => 280.3
Criminal Code Article 207.3 => 207.3 УК
Russian Criminal Code, Art. 207.3, part 2 => 207.3 ч. 2 УК РФ
Article 70 of the RSFSR Criminal Code => 70 УК РСФСР
Parts 1 and 2 of Article 318 of the Criminal Code of the Russian Federation => 318 ч. 1, 2 УК РФ
the case under Article 342 => 342
Article 19 of the International Covenant on Civil and Political Rights =>
Article 29 of the Russian Constitution =>
Articles 9, 14 and 19 of the Covenant =>
In an article 5 journalists wrote for us, the editor says more. =>
Article 6 of the European Convention on Human Rights =>
Article 108 of the Criminal Procedure Code =>
Article 51 of the Constitution =>
This article has 12 parts. =>
Article 3 of Federal Law No. 114 =>
See Article 12. =>
Article: 280.3 part 1 => 280.3 ч. 1
Article: 275 => 275
""")

NOTHING = """
The prosecutor asked the court to sentence him to 7 years in prison.
The prosecution requested nine years in a penal colony for Orlenko.
He could be sentenced soon.
If convicted, he will be sent to a penal colony.
She was not sentenced to prison.
He has never been arrested.
More than 300 people were sentenced to prison terms of 5 to 10 years.
At least 20 activists were detained in 2023.
The article is punishable by up to 15 years in prison.
The law provides for a sentence of five years.
His grandfather was sentenced to 10 years in a labour camp.
In 1937, the poet was sentenced to ten years in a camp.
Was he sentenced to five years?
Some people got 8 years in prison, while others got 19 or even 25.
We demand that she be released.
When I am released, I will travel.
If I were released now, I would help others.
No one has been charged.
The new law threatens journalists with 10 years in prison.
He worked at the factory for five years.
The war has lasted for three years.
Five years ago she moved to Omsk.
The 10-year anniversary of the group was marked in Kazan.
His friend was detained on 5 May 2023.
Hundreds were arrested on 23 January 2021.
He may be released on parole.
The court refused to remand him in custody.
The maximum sentence is 10 years.
The sentence can range from 5 to 15 years.
Russia was accused of war crimes.
The report was released in 2023.
The film was released on 3 March 2021.
The album was released.
It would be wrong to say that he was convicted.
Whether he was detained in 2022 is unknown.
He risks being arrested.
No one is surprised by 10-, 15-, and 20-year prison terms.
The average sentence was 7 years.
Those convicted under it get 5 to 7 years on average.
The ship sailed for ten days.
He awaits a prison term for what he told a class of fifteen-year-olds.
""".strip().splitlines()

STAGES = rows("""
Orlenko has been convicted of treason. => convicted
Orlenko was detained in Omsk. => detained
She was placed under house arrest. => house arrest
He has been put on a wanted list. => wanted
She was released from prison in 2024. => released
He was released in a prisoner exchange. => exchanged
The court acquitted her. => acquitted
He died in a pre-trial detention centre in Rostov. => died
He was remanded in custody. => remanded in custody
She was charged with treason. => charged
He is on trial in Perm. => on trial
She was sentenced in absentia to five years in prison. => sentenced | in absentia
He was declared a foreign agent. =>
The designation as a foreign agent was appealed. =>
""")

PERSONS = [
    ("On 1 May 2024, a court sentenced Ilya Trop to five years.", "sentence", "Ilya Trop"),
    ("Ilya Trop was sentenced to five years.", "sentence", "Ilya Trop"),
    ("He was detained on 5 May 2024.", "detained", "He"),
    ("Anna from Tomsk was sentenced to five years.", "sentence", None),
    ("The court remanded her in custody on 5 May 2024.", "remanded", "her"),
]


@pytest.mark.parametrize("row", FACTS, ids=str)
def test_a_fact_is_read_from_its_sentence(row: Row) -> None:
    assert facts_of(row.text, "en") == row.values


@pytest.mark.parametrize("row", ARTICLES, ids=str)
def test_an_article_has_one_form(row: Row) -> None:
    assert articles_of(row.text, "en") == [name for name, _ in row.values]


@pytest.mark.parametrize("text", NOTHING)
def test_what_is_no_statement_of_a_fact_is_not_read(text: str) -> None:
    assert [fact for fact in facts_of(text, "en") if fact[0] != "faces"] == []
    assert stages_of(text, "en") == []


@pytest.mark.parametrize("row", STAGES, ids=str)
def test_a_stage_is_read(row: Row) -> None:
    assert sorted(stages_of(row.text, "en")) == [name for name, _ in row.values]


@pytest.mark.parametrize(("text", "name", "person"), PERSONS)
def test_the_name_in_the_pattern_is_told(text: str, name: str, person: str | None) -> None:
    from pipelines.mentions import mentions

    found = next(one for one in mentions(text, "en") if one.name == name)

    assert (text[slice(*found.person)] if found.person else None) == person
