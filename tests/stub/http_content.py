"""What the HTTP stub serves: files, flags and country names, the same bytes in every run.

The tests import this module too, so that they know what a download must have been.
"""
import hashlib
import zlib

PIECE = 1 << 16     # bytes: files are made and sent in pieces of this size
_POOL = hashlib.shake_256(b"http_stub").digest(1 << 20)

_COUNTRIES = """\
AD Andorra;AE United Arab Emirates;AF Afghanistan;AG Antigua and Barbuda;AL Albania;AM Armenia;AO Angola;AR Argentina
AT Austria;AU Australia;AZ Azerbaijan;BA Bosnia and Herzegovina;BB Barbados;BD Bangladesh;BE Belgium;BF Burkina Faso
BG Bulgaria;BH Bahrain;BI Burundi;BJ Benin;BN Brunei;BO Bolivia;BR Brazil;BS Bahamas;BT Bhutan;BW Botswana;BY Belarus
BZ Belize;CA Canada;CD Democratic Republic of the Congo;CF Central African Republic;CG Republic of the Congo
CH Switzerland;CI Côte d'Ivoire;CL Chile;CM Cameroon;CN China;CO Colombia;CR Costa Rica;CU Cuba;CV Cape Verde
CY Cyprus;CZ Czech Republic;DE Germany;DJ Djibouti;DK Denmark;DM Dominica;DZ Algeria;EC Ecuador;EE Estonia;EG Egypt
ER Eritrea;ES Spain;ET Ethiopia;FI Finland;FJ Fiji;FM Micronesia;FR France;GA Gabon;GB United Kingdom;GD Grenada
GE Georgia;GH Ghana;GM Gambia;GN Guinea;GQ Equatorial Guinea;GR Greece;GT Guatemala;GW Guinea-Bissau;GY Guyana
HN Honduras;HR Croatia;HT Haiti;HU Hungary;ID Indonesia;IE Ireland;IL Israel;IN India;IQ Iraq;IR Iran;IS Iceland
IT Italy;JM Jamaica;JO Jordan;JP Japan;KE Kenya;KG Kyrgyzstan;KH Cambodia;KI Kiribati;KM Comoros
KN Saint Kitts and Nevis;KP North Korea;KR South Korea;KW Kuwait;KZ Kazakhstan;LA Laos;LB Lebanon;LC Saint Lucia
LI Liechtenstein;LK Sri Lanka;LR Liberia;LS Lesotho;LT Lithuania;LU Luxembourg;LV Latvia;LY Libya;MA Morocco
MC Monaco;MD Moldova;ME Montenegro;MG Madagascar;MH Marshall Islands;MK North Macedonia;ML Mali;MM Myanmar
MN Mongolia;MR Mauritania;MT Malta;MU Mauritius;MV Maldives;MW Malawi;MX Mexico;MY Malaysia;MZ Mozambique;NA Namibia
NE Niger;NG Nigeria;NI Nicaragua;NL Netherlands;NO Norway;NP Nepal;NR Nauru;NZ New Zealand;OM Oman;PA Panama;PE Peru
PG Papua New Guinea;PH Philippines;PK Pakistan;PL Poland;PT Portugal;PW Palau;PY Paraguay;QA Qatar;RO Romania
RS Serbia;RU Russia;RW Rwanda;SA Saudi Arabia;SB Solomon Islands;SC Seychelles;SD Sudan;SE Sweden;SG Singapore
SI Slovenia;SK Slovakia;SL Sierra Leone;SM San Marino;SN Senegal;SO Somalia;SR Suriname;SS South Sudan
ST São Tomé and Príncipe;SV El Salvador;SY Syria;SZ Eswatini;TD Chad;TG Togo;TH Thailand;TJ Tajikistan
TL Timor-Leste;TM Turkmenistan;TN Tunisia;TO Tonga;TR Turkey;TT Trinidad and Tobago;TV Tuvalu;TW Taiwan;TZ Tanzania
UA Ukraine;UG Uganda;US United States;UY Uruguay;UZ Uzbekistan;VA Vatican City;VC Saint Vincent and the Grenadines
VE Venezuela;VN Vietnam;VU Vanuatu;WS Samoa;YE Yemen;ZA South Africa;ZM Zambia;ZW Zimbabwe
"""
COUNTRIES = dict(entry.split(" ", 1) for entry in _COUNTRIES.strip().replace("\n", ";").split(";"))
POP20 = "CN IN US ID BR PK NG BD RU JP MX PH VN ET EG DE IR TR CD FR".split()


def size_of(name):
    """Return the size of a file for which none is asked: 1 to 36 kB, by its name."""
    return 1024 + zlib.crc32(name.encode()) % (35 << 10)


def pieces(name, size=None):
    """Yield the bytes of a file."""
    left = size_of(name) if size is None else size
    start = zlib.crc32(name.encode())
    while left > 0:
        offset = start % (len(_POOL) - PIECE)
        piece = _POOL[offset:offset + min(left, PIECE)]
        yield piece
        left -= len(piece)
        start += 7919


def body(name, size=None):
    return b"".join(pieces(name, size))


def sha256(name, size=None):
    digest = hashlib.sha256()
    for piece in pieces(name, size):
        digest.update(piece)
    return digest.hexdigest()


def flag(code):
    """Return the GIF of a country, or None. The code may be in either case."""
    code = code.upper()
    if code not in COUNTRIES:
        return None
    if code not in _flags:
        _flags[code] = _draw_flag(zlib.crc32(code.encode()))
    return _flags[code]


_flags = {}


def _draw_flag(seed):
    """Return a GIF of three stripes, 1 to 36 kB: pixels of 7 bits, each written as the LZW code of its own."""
    width = 36 + seed % 190
    height = width * 2 // 3
    colours = [seed >> shift & 0x7F for shift in (4, 11, 18)]
    pixels = b"".join(bytes([colours[row * 3 // height]]) * width for row in range(height))
    clear, end = b"\x80", b"\x81"
    # The codes stay 8 bits wide as long as the table is cleared before its 126th new entry.
    codes = b"".join(clear + pixels[i:i + 126] for i in range(0, len(pixels), 126)) + end
    blocks = b"".join(bytes([len(codes[i:i + 255])]) + codes[i:i + 255] for i in range(0, len(codes), 255))
    palette = b"".join(bytes([i * 2, i * 37 & 0xFF, i * 91 & 0xFF]) for i in range(128))
    size = width.to_bytes(2, "little") + height.to_bytes(2, "little")
    return (b"GIF89a" + size + b"\xf6\x00\x00" + palette
            + b"\x2c" + bytes(4) + size + b"\x00\x07" + blocks + b"\x00\x3b")


def metadata(code):
    """Return what metadata.json says about a country, or None."""
    code = code.upper()
    if code not in COUNTRIES:
        return None
    return {"country": COUNTRIES[code], "iso_cc": code, "tld_cc": "." + code.lower(), "gec_cc": code}


def bomb(n_bytes):
    """Return the gzip of that many zeros, cut to whole MiB, and of the fewest bytes that zlib can make of them."""
    n_blocks = max(1, n_bytes >> 20)
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    zeros = bytes(1 << 20)
    block = packer.compress(zeros) + packer.flush(zlib.Z_FULL_FLUSH)
    checksum = 0
    for _ in range(n_blocks):
        checksum = zlib.crc32(zeros, checksum)
    tail = checksum.to_bytes(4, "little") + (n_blocks << 20 & 0xFFFFFFFF).to_bytes(4, "little")
    return b"\x1f\x8b\x08" + bytes(6) + b"\x03" + block * n_blocks + b"\x03\x00" + tail
