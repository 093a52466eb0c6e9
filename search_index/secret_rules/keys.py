"""Find private keys, extended keys, keystore files and authenticator secrets by their form.

It knows nothing of recovery phrases.
"""

from __future__ import annotations

import hashlib
import re
from typing import Literal

import base58
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from search_index.secret_rules.folding import Folded

KeyKind = Literal["private_key", "extended_key", "keystore", "totp_secret"]
Found = tuple[KeyKind, int, int]

_B58 = "[1-9A-HJ-NP-Za-km-z]"
_NOT_B58 = "(?<![0-9A-Za-z])"
_END = "(?![0-9A-Za-z])"

_EXTENDED = re.compile(f"(?<![0-9A-Za-z])[xyztuvXYZTUV]prv{_B58}{{60,}}")
_BY_SHAPE = re.compile(
    # WIF: uncompressed begins with 5 (9 on test nets), compressed with K or L (c on test nets).
    f"{_NOT_B58}(?:5[HJK]{_B58}{{49}}|9[1-3]{_B58}{{49}}|[KL]{_B58}{{51}}|c[M-V]{_B58}{{50}}"
    # BIP-38, Tezos, EOS, XRP family seed and Ed25519 seed
    f"|6P{_B58}{{56}}|edsk{_B58}{{50}}(?:{_B58}{{44}})?|PVT_[KR]1_{_B58}{{48,52}}"
    f"|s[np]{_B58}{{27}}|sEd[ST7KV]{_B58}{{26,27}}"
    # Stellar, Nostr, Sui, Cardano, age
    f"|S[A-D][A-Z2-7]{{54}}|nsec1[a-z0-9]{{58}}|suiprivkey1[a-z0-9]{{58,64}}"
    f"|(?:ed25519e?|root|acct|addr|stake)_x?sk1[a-z0-9]{{58,}}|AGE-SECRET-KEY-1[A-Z0-9]{{58}})"
    f"{_END}"
    r"|-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----"
)
_SOLANA = re.compile(f"{_NOT_B58}{_B58}{{86,88}}{_END}")
_BYTES = re.compile(r"\[\s*(?:\d{1,3}\s*,\s*){31,}\d{1,3}\s*,?\s*\]?")
_HEX = re.compile(r"(?<![0-9a-z])(?:0x)?(?:[0-9a-f]{128}|[0-9a-f]{64})(?![0-9a-z])", re.IGNORECASE)
_KEYSTORE_FIELD = re.compile(
    r"""["'“”\\]?(ciphertext|cipherparams|kdfparams|kdf|mac|crypto)["'“”\\]{0,2}\s*[:=]"""
)
_OTPAUTH = re.compile(r"otpauth(?:-migration)?://\S*?(?:secret|data)=[^\s&]{8,}", re.IGNORECASE)
_BASE32 = re.compile(
    r"(?<![0-9A-Za-z])(?:[A-Z2-7]{16,128}={0,6}|[a-z2-7]{16,128}|(?:[a-z2-7]{4}[ -]){3,31}[a-z2-7]{1,4}"
    r"|(?:[A-Z2-7]{4}[ -]){3,31}[A-Z2-7]{1,4})(?![0-9A-Za-z])"
)
_TOTP_CUE = re.compile(
    r"2fa|totp|\botp\b|authenticator|authy|google.?auth|谷歌.{0,3}验证|驗證器|验证器|身份验证|两步验证|兩步驗證"
    r"|双重验证|二次验证|动态(?:码|口令|密码)|setup key|secret key|密钥|密鑰|金鑰|绑定码"
)
_KEY_CUE = re.compile(
    r"私[钥鑰匙]|密[钥鑰]|金鑰|明文|private.?key|priv.?key|secret.?key|\bsecret\b|\bsk\b|keystore|seed|import"
    r"|导入|導入|匯入|冷钱包"
)
_HASH_CUE = re.compile(
    r"哈希|雜湊|散列|交易|转账|轉帳|转帐|轉賬|区块|區塊|链上|到账|到賬|提现|提現|提币|提幣|充值|充币|汇款|单号|流水|记录"
    r"|\bhash|tx|transaction|block|transfer|deposit|withdraw|explorer|receipt|signature|签名|公钥|public.?key|合约|contract"
)


def find_key(folded: Folded) -> Found | None:
    """Return the first secret of a known form in ``folded``."""
    plain, lower = folded.plain, folded.lower
    if len(plain) < 16:
        return None
    if "prv" in plain and (match := _EXTENDED.search(plain)):
        return "extended_key", *match.span()
    if match := _BY_SHAPE.search(plain):
        return "private_key", *match.span()
    for find in (_keystore, _totp, _byte_array, _labelled_hex):
        found = find(plain, lower)
        if found is not None:
            return found
    return _solana_pair(plain)


def unlabelled_hex(folded: Folded) -> tuple[int, int] | None:
    """Return where 64 hexadecimal digits are that nothing near them explains."""
    for match in _HEX.finditer(folded.plain):
        if hex_meaning(folded.lower, *match.span()) == "unknown":
            return match.span()
    return None


def any_hex(folded: Folded) -> list[tuple[int, int]]:
    """Return where 64 or 128 hexadecimal digits are, whatever they mean."""
    return [match.span() for match in _HEX.finditer(folded.plain)]


def hex_meaning(lower: str, start: int, end: int) -> Literal["key", "hash", "unknown"]:
    """Return what the context word nearest to ``lower[start:end]`` calls it."""
    before, after = lower[max(0, start - 80) : start], lower[end : end + 60]
    if re.search(r"/(?:tx|transaction|block|hash)s?/(?:0x)?$|[?&](?:tx|hash|txid)=$", before):
        return "hash"
    distances = {
        "key": _distance(_KEY_CUE, before, after),
        "hash": _distance(_HASH_CUE, before, after),
    }
    nearest = min(distances, key=lambda meaning: distances[meaning])
    if distances[nearest] > 80:
        return "unknown"
    return "key" if nearest == "key" else "hash"


def _distance(cue: re.Pattern[str], before: str, after: str) -> int:
    distances = [len(before) - match.end() for match in cue.finditer(before)]
    # What follows explains less often than what precedes: "KEY …, my transfer failed".
    distances += [match.start() + 10 for match in cue.finditer(after)]
    return min(distances, default=1000)


def _labelled_hex(plain: str, lower: str) -> Found | None:
    for match in _HEX.finditer(plain):
        if hex_meaning(lower, *match.span()) == "key":
            return "private_key", *match.span()
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
    if match := _OTPAUTH.search(plain):
        return "totp_secret", *match.span()
    for match in _BASE32.finditer(plain):
        text = match.group()
        compact = re.sub("[ =-]", "", text)
        if len(compact) < 16 or not _looks_random(compact):
            continue
        near = lower[max(0, match.start() - 60) : match.start()] + lower[match.end() :][:40]
        if _TOTP_CUE.search(near):
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


def base58_checksum_holds(text: str) -> bool:
    """Return whether ``text`` ends in its own Base58Check checksum."""
    try:
        raw = base58.b58decode(text)
    except ValueError:
        return False
    digest = hashlib.sha256(hashlib.sha256(raw[:-4]).digest()).digest()
    return len(raw) > 4 and digest[:4] == raw[-4:]
