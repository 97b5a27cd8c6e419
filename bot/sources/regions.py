"""Which regions a jurisdiction belongs to.

Jurisdictions are ISO 3166-1 alpha-2 codes, with `EU` for the Union and `INT` for international bodies. `UK` is accepted in
catalogue files and means `GB`, the code kept everywhere else.
"""

ALSO_WRITTEN = {"UK": "GB"}

_ASIA = (
    "KR KP CN TW JP HK MO SG IN TH MY ID VN PH BD LK PK NP KH LA MM MN BN BT MV TL KZ UZ KG TJ TM AF GE AM AZ"
    " SA AE QA KW BH OM YE IL JO LB SY IQ IR TR PS"
)
_EUROPE = (
    "EU GB CH DE FR ES IT AT BE BG HR CY CZ DK EE FI GR HU IE LV LT LU MT NL PL PT RO SK SI SE NO IS LI UA RS BA ME MK AL MD BY RU"
    " AD MC SM VA XK TR"
)
_NORTH_AMERICA = "US CA MX"
_LATIN_AMERICA = "BR AR CL CO MX PE UY PY BO EC VE GY SR CR PA GT HN NI SV BZ CU DO HT JM TT BB BS"
_OCEANIA = "AU NZ FJ PG SB VU WS TO"
_MIDDLE_EAST = "SA AE QA KW BH OM YE IL JO LB SY IQ IR TR PS EG"
_AFRICA = (
    "ZA EG NG KE GH ET TZ UG RW SN CI CM DZ MA TN LY SD SS ZM ZW BW NA MZ AO MW MG MU SC BJ BF TG ML NE TD GA CG CD CF GM GN GW LR SL"
    " SO DJ ER BI LS SZ CV KM ST MR"
)
_MEMBERS = {
    "asia": _ASIA,
    "europe": _EUROPE,
    "americas": f"{_NORTH_AMERICA} {_LATIN_AMERICA}",
    "north_america": _NORTH_AMERICA,
    "latin_america": _LATIN_AMERICA,
    "oceania": _OCEANIA,
    "middle_east": _MIDDLE_EAST,
    "africa": _AFRICA,
    "international": "INT",
}


def _by_jurisdiction() -> dict[str, tuple[str, ...]]:
    regions: dict[str, tuple[str, ...]] = {}
    for region, codes in _MEMBERS.items():
        for code in codes.split():
            regions[code] = (*regions.get(code, ()), region)
    return regions


REGIONS = _by_jurisdiction()
REGION_NAMES = tuple(_MEMBERS)
