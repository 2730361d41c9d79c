"""How long each stage of a dispatch order may take."""

from typing import Final

from gridwhistle.common.presets import Preset

APPROVE: Final = "inventory.approve"
APPROVE_URGENT: Final = "inventory.approve_urgent"
FIRST_BATCH: Final = "inventory.first_batch"
SETTLE: Final = "inventory.settle"
RESOLVE: Final = "inventory.resolve"
POST_APPROVE: Final = "inventory.post_approve"

DISPATCH_PRESETS: Final = (
    Preset(APPROVE, 4, "work_hour", "INF"),
    Preset(APPROVE_URGENT, 30, "urgent_minute", "INF", "Of what is urgent, or for a response."),
    Preset(
        FIRST_BATCH,
        12,
        "urgent_hour",
        "P 湖南省九部门 zi.media",
        "From the beginning of the event, or the decision on a response, to the first batch's arrival.",
    ),
    Preset(SETTLE, 24, "urgent_hour", "INF", "From receiving on; then it is settled or disputed."),
    Preset(RESOLVE, 3, "work_day_legal", "INF"),
    Preset(POST_APPROVE, 24, "urgent_hour", "INF", "After an emergency issue; then it is for supervision."),
)
"""Until a county says otherwise."""
