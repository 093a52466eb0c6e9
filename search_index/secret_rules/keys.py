"""Find private keys, extended keys, keystore files and authenticator secrets by their form.

It knows nothing of recovery phrases.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

import base58
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from search_index.secret_rules.folding import Folded

KeyKind = Literal["private_key", "extended_key", "keystore", "totp_secret"]
Found = tuple[KeyKind, int, int]

_B58 = "[1-9A-HJ-NP-Za-km-z]"
_BEGIN = "(?<![0-9A-Za-z])"
_END = "(?![0-9A-Za-z])"

_EXTENDED = re.compile(f"{_BEGIN}[xyztuvXYZTUV]prv{_B58}{{60,}}")
_BY_SHAPE = re.compile(
    # WIF: uncompressed begins with 5 (9 on test nets), compressed with K or L (c on test nets).
    f"{_BEGIN}(?:5[HJK]{_B58}{{49}}|9[1-3]{_B58}{{49}}|(?:K[w-z]|L[1-5]|c[M-V]){_B58}{{50}}"
    # BIP-38, Tezos, EOS
    f"|6P{_B58}{{56}}|edsk{_B58}{{50}}(?:{_B58}{{44}})?|PVT_[KR]1_{_B58}{{48,52}}"
    # Stellar, Nostr, Sui, Cardano, age
    f"|S[A-D][A-Z2-7]{{54}}|nsec1[a-z0-9]{{58}}|suiprivkey1[a-z0-9]{{58,64}}"
    f"|(?:ed25519e?|root|acct|addr|stake)_x?sk1[a-z0-9]{{58,}}|AGE-SECRET-KEY-1[A-Z0-9]{{58}})"
    f"{_END}"
)
_PEM = re.compile(
    r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----[^-]*(?:-----END[A-Z0-9 ]*-----)?"
)
_LONG_WORD = re.compile("[0-9A-Za-z]{28}")
_XRP_SEED = re.compile(f"{_BEGIN}s{_B58}{{28,30}}{_END}")
_AFTER_LABEL = re.compile(
    r"(?:私[钥鑰]|密[钥鑰]|(?i:private.?key|secret.?key))\s*(?:[:：=是为為]|(?i:is))?\s*[\"'“「(（]*"
    f"({_B58}{{43,44}}|[A-Za-z0-9+/]{{43}}=|(?:0x)?(?i:[0-9a-f]{{60,68}})|[0-9A-Za-z]{{64}}){_END}"
)
"""Forms that an address or a hash has too: only right after the words for a private key."""
_SOLANA = re.compile(f"{_BEGIN}{_B58}{{86,88}}{_END}")
_BYTES = re.compile(r"\[\s*(?:\d{1,3}\s*,\s*){31,}\d{1,3}\s*,?\s*\]?")
_HEX = re.compile(
    r"(?<![0-9a-z])(?:0x)?[0-9a-f]{2,}+(?:[ \n:-][0-9a-f]{2,}+)*(?![0-9a-z])", re.IGNORECASE
)
"""Hexadecimal digits in one piece or in groups, as fingerprints are written."""
_HEX_LENGTHS = frozenset({64, 128})
_KEYSTORE_FIELD = re.compile(
    r"""["'“”\\]?(ciphertext|cipherparams|kdfparams|kdf|mac|crypto)["'“”\\]{0,2}\s*[:=]"""
)
_OTPAUTH = re.compile(r"otpauth(?:-migration)?://\S*?(?:secret|data)=[^\s&]{8,}", re.IGNORECASE)
_BASE32 = re.compile(
    f"{_BEGIN}(?:[A-Z2-7]{{16,128}}={{0,6}}|[a-z2-7]{{16,128}}"
    r"|(?:[a-z2-7]{4}[ -]){3,31}[a-z2-7]{1,4}|(?:[A-Z2-7]{4}[ -]){3,31}[A-Z2-7]{1,4})"
    f"{_END}"
)
_TOTP_CUE = re.compile(
    r"2fa|totp|\botp\b|authenticator|authy|google.?auth|setup key|secret key"
    r"|谷歌.{0,3}验证|[验驗][证證]器|身份[验驗][证證]|[两兩二]步[验驗][证證]|[双雙]重[验驗][证證]"
    r"|二次[验驗][证證]|[动動][态態](?:码|碼|口令|密码|密碼)|密[钥鑰]|金鑰|绑定码"
)
_KEY_CUE = re.compile(
    r"私[钥鑰匙]|密[钥鑰]|金鑰|明文|priv(?:ate)?.?key|secret|\bsk\b|keystore|\bseed\b|\bimport"
    r"|导入|導入|匯入"
)
_HASH_CUE = re.compile(
    r"哈希|雜湊|散列|交易|[转轉][账賬帐帳]|区块|區塊|链上|鏈上|到[账賬帐帳]|提[现現币幣]|充[值币幣]|汇款|匯款"
    r"|单号|單號|流水|记录|紀錄|签名|簽名|公[钥鑰]|合约|合約|\bhash|\btx|transaction|\bblock|transfer"
    r"|deposit|withdraw|explorer|receipt|signature|public.?key|contract|\bpaid\b|\bsent\b"
)
_HASH_URL = re.compile(r"/(?:tx|transaction|block|hash)s?/(?:0x)?$|[?&](?:tx|hash|txid)=$")
_NEAR_BEFORE = 80
_NEAR_AFTER = 60
_AFTERTHOUGHT = 10
"""What follows explains less often than what precedes: ``KEY my transfer failed``."""


def find_key(folded: Folded) -> Found | None:
    """Return the first secret of a known form in ``folded``."""
    plain, lower = folded.plain, folded.lower
    if len(plain) < 16:
        return None
    for find in (_long_key, _after_label, _keystore, _totp, _byte_array, _labelled_hex):
        found = find(plain, lower)
        if found is not None:
            return found
    return None


def unlabelled_hex(folded: Folded) -> tuple[int, int] | None:
    """Return where 64 hexadecimal digits are that nothing near them explains."""
    for start, end in find_hex(folded.plain):
        if hex_meaning(folded.lower, start, end) == "unknown":
            return start, end
    return None


def find_hex(plain: str) -> Iterator[tuple[int, int]]:
    """Yield where 64 or 128 hexadecimal digits are, whatever they mean."""
    for match in _HEX.finditer(plain):
        start, end = match.span()
        if end - start < 64:
            continue
        if _digits(match.group()) in _HEX_LENGTHS:
            yield start, end
            continue
        for part in re.finditer(r"[^ \n:-]+", match.group()):
            if _digits(part.group()) in _HEX_LENGTHS:
                yield start + part.start(), start + part.end()


def _digits(text: str) -> int:
    return len(re.sub("^0[xX]|[ \n:-]", "", text))


def hex_meaning(lower: str, start: int, end: int) -> Literal["key", "hash", "unknown"]:
    """Return what the context word nearest to ``lower[start:end]`` calls it."""
    before = lower[max(0, start - _NEAR_BEFORE) : start]
    after = lower[end : end + _NEAR_AFTER]
    if _HASH_URL.search(before):
        return "hash"
    key = _distance(_KEY_CUE, before, after)
    other = _distance(_HASH_CUE, before, after)
    if key == other:
        return "unknown"
    return "key" if key < other else "hash"


def _distance(cue: re.Pattern[str], before: str, after: str) -> int:
    distances = [len(before) - match.end() for match in cue.finditer(before)]
    distances += [match.start() + _AFTERTHOUGHT for match in cue.finditer(after)]
    return min(distances, default=_NEAR_BEFORE + _NEAR_AFTER)


def _long_key(plain: str, lower: str) -> Found | None:
    """Find keys that no other thing looks like; most texts have no such long word."""
    if match := _PEM.search(plain):
        return "private_key", *match.span()
    if not _LONG_WORD.search(plain):
        return None
    if match := _EXTENDED.search(plain):
        return "extended_key", *match.span()
    if match := _BY_SHAPE.search(plain):
        return "private_key", *match.span()
    return _solana_pair(plain) or _xrp_seed(plain)


def _after_label(plain: str, lower: str) -> Found | None:
    match = _AFTER_LABEL.search(plain)
    return match and ("private_key", *match.span(1))


def _labelled_hex(plain: str, lower: str) -> Found | None:
    for start, end in find_hex(plain):
        if hex_meaning(lower, start, end) == "key":
            return "private_key", start, end
    return None


def _keystore(plain: str, lower: str) -> Found | None:
    if "cipher" not in lower and "kdf" not in lower:
        return None
    fields = list(_KEYSTORE_FIELD.finditer(lower))
    if len({match.group(1) for match in fields}) < 2:
        return None
    start = max(lower.rfind("{", 0, fields[0].start()), 0)
    end = lower.rfind("}") + 1
    return "keystore", start, end if end > fields[-1].end() else len(lower)


def _totp(plain: str, lower: str) -> Found | None:
    if "otpauth" in lower and (match := _OTPAUTH.search(plain)):
        return "totp_secret", *match.span()
    looked_at = 0
    for cue in _TOTP_CUE.finditer(lower):
        begin = max(looked_at, cue.start() - _NEAR_AFTER - 128)
        looked_at = cue.end()
        for match in _BASE32.finditer(plain, begin, cue.end() + _NEAR_BEFORE + 160):
            near = match.start() < cue.end() + _NEAR_BEFORE and match.end() > (
                cue.start() - _NEAR_AFTER
            )
            compact = re.sub("[ =-]", "", match.group())
            if near and len(compact) >= 16 and _looks_random(compact):
                return "totp_secret", *match.span()
    return None


def _looks_random(letters: str) -> bool:
    """Return whether base32 text has digits, or at least few vowels; words have neither."""
    upper = letters.upper()
    if upper.isdigit():
        return False
    vowels = sum(upper.count(vowel) for vowel in "AEIOU")
    return any(c.isdigit() for c in upper) or vowels <= 0.25 * len(upper)


def _byte_array(plain: str, lower: str) -> Found | None:
    if plain.count(",") < 31:
        return None
    for match in _BYTES.finditer(plain):
        numbers = [int(n) for n in re.findall(r"\d+", match.group())]
        if len(numbers) in {32, 64} and max(numbers) <= 255 and max(numbers) > 64:
            return "private_key", *match.span()
    return None


def _solana_pair(plain: str) -> Found | None:
    """Find 64 bytes whose second half is the public key of the first; a signature's is not."""
    for match in _SOLANA.finditer(plain):
        raw = base58.b58decode(match.group())
        if len(raw) == 64 and is_key_pair(raw):
            return "private_key", *match.span()
    return None


def is_key_pair(raw: bytes) -> bool:
    """Return whether ``raw`` is an Ed25519 seed followed by its public key."""
    public = Ed25519PrivateKey.from_private_bytes(raw[:32]).public_key()
    return public.public_bytes_raw() == raw[32:]


def _xrp_seed(plain: str) -> Found | None:
    for match in _XRP_SEED.finditer(plain):
        try:
            base58.b58decode_check(match.group(), alphabet=base58.RIPPLE_ALPHABET)
        except ValueError:
            continue
        return "private_key", *match.span()
    return None
