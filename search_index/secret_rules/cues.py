"""The words with which people name a recovery phrase; it knows nothing of what follows them."""

from __future__ import annotations

import re

# Every alternative begins with a plain letter: so the search skips text without those letters.
PHRASE_CUE = re.compile(
    r"助记[词詞码碼]|助記[词詞碼]|注记词|註記詞|恢复(?:短语|词|码)|恢復(?:短語|詞|碼)"
    r"|种子(?:词|短语|码)|種子(?:詞|短語|碼)|备份(?:词|短语)|備份(?:詞|短語)|单词|單詞"
    r"|seed\b|mnemonic|phrase\b|srp\b"
    r"|recovery[- ]word|secret[- ]word|backup[- ]word|security[- ]word|wallet[- ]word"
    r"|12[- ]word|24[- ]word|twelve[- ]word"
    r"|frase (?:semilla|de recuper)|시드|복구|니모닉|リカバリ|シード"
)
