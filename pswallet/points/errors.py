"""What can be wrong with points."""

from pswallet.kit.problems import Problem


class PointsInsufficient(Problem):
    """`points` are asked for and `free` are there; held ones are for a quote, a debt is paid first."""

    status = 409
    title = "There are not enough points"


class PointsHoldLapsed(Problem):
    """The quote's time is over or its points were released: nothing is held for it any more."""

    status = 409
    title = "No points are held for this quote any more"


class RewardUnknown(Problem):
    """No reward of that id is offered."""

    status = 404
    title = "There is no such reward"


class RewardExhausted(Problem):
    """The last of this reward is given."""

    status = 409
    title = "None of this reward is left"


class RewardTierTooLow(Problem):
    """The reward is for a higher tier than the person's; `level` is needed."""

    status = 403
    title = "This reward is for a higher tier"


class PointsProofUnknown(Problem):
    """No root was made for that day, or the person had no points yet."""

    status = 404
    title = "There is no proof of points for that day"
