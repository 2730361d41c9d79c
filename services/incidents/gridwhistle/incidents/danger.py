"""Words in a report that say somebody may be in danger: the answer then says whom to call, as nobody reads it at once."""

from typing import Final

from gridwhistle.common.problems import Term

_WORDS: Final = {
    "110": "持刀|行凶|抢劫|绑架|持枪|开枪|砍人|打人|斗殴|家暴|knife|robbery|gunshot",
    "119": "起火|着火|失火|火灾|爆炸|燃气泄漏|煤气泄漏|天然气泄漏|燃气味|煤气味|天然气味|被困|溺水"
    "|on fire|explosion|gas leak|smell of gas|smell gas|trapped|drowning",
    "120": "昏迷|昏倒|晕倒|大出血|中毒|没有呼吸|心脏骤停|受伤|unconscious|bleeding|poisoned|injured",
}
"""By the number that is called: police, fire brigade, ambulance. Nothing is refused for them."""
_LISTED: Final = {number: words.split("|") for number, words in _WORDS.items()}
_CALL: Final = Term(
    "如有人身危险,请立即拨打 {numbers};本平台不是报警电话,无人即时值守。",
    "If anybody is in danger, call {numbers} now; this is not an emergency line, and nobody reads it at once.",
)


def whom_to_call(*texts: str | None) -> Term | None:
    """Return the sentence that tells a reporter whom to call, or None if the texts say nothing of danger."""
    said = " ".join(text for text in texts if text).lower()
    numbers = [number for number, words in _LISTED.items() if any(word in said for word in words)]
    if not numbers:
        return None
    return Term(_CALL.zh.format(numbers="、".join(numbers)), _CALL.en.format(numbers=", ".join(numbers)))
