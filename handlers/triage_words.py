"""What people type for a status besides its name, for themselves, and for nobody; small letters, in English and Korean."""

from bot.model import Status

_OTHER: dict[Status, tuple[str, ...]] = {
    "not_relevant": ("irrelevant", "not applicable", "dismissed", "dismiss", "ignore", "관련 없음", "해당없음", "무관"),
    "relevant": ("open", "reopened", "reopen", "관련있음"),
    "assessing": ("assess", "in progress", "in review", "reviewing", "검토중"),
    "action": ("action needed", "act", "조치"),
    "deferred": ("defer", "postponed", "postpone", "later", "연기"),
    "closed": ("close", "done", "completed", "resolved", "완료", "종료"),
}
STATUS_OF = {word: status for status, words in _OTHER.items() for word in words}

ME = ("", "me", "myself", "나", "저", "본인")
NOBODY = ("nobody", "none", "no one", "unassign", "off", "없음")
