"""What can be wrong with a red packet: first the escrow's errors by their names, then the gateway's own."""

from pswallet.kit.problems import Problem


class ShareCountOutOfRange(Problem):
    """The number of shares is not 1 to 100."""

    status = 422
    title = "A red packet has 1 to 100 shares"


class TotalNotDivisible(Problem):
    """A share would be below one fen, or an equal packet does not divide evenly."""

    status = 422
    title = "The total cannot be cut into these shares"


class MaxShareOutOfRange(Problem):
    """A lucky packet's largest share cannot hold the total, or an equal packet names one."""

    status = 422
    title = "The largest share does not fit the packet"


class ExpiryOutOfRange(Problem):
    """The expiry is past, or more than 24 hours and a minute away."""

    status = 422
    title = "A red packet is open for at most 24 hours"


class AudienceAmbiguous(Problem):
    """Exactly one of guest list and claim key must be given."""

    status = 422
    title = "A red packet is for a guest list or for a link, not both"


class DrawTermsMismatch(Problem):
    """A lucky packet needs this gateway's dealer and a commitment; an equal one has neither."""

    status = 422
    title = "The draw's terms do not fit the packet"


class PacketNotOpen(Problem):
    """The packet is not on the chain yet, or has ended: fully claimed or refunded."""

    status = 409
    title = "This red packet is not open"


class PacketExpired(Problem):
    """Claimed after the packet's expiry; the rest goes back to the sender."""

    status = 409
    title = "This red packet has expired"


class PacketNotExpired(Problem):
    """A refund was asked for before the expiry."""

    status = 409
    title = "This red packet has not expired yet"


class CreatorIsFrozen(Problem):
    """The packet's creator is frozen: nothing is paid out for now."""

    status = 409
    title = "This red packet pays nothing out for now"


class NotAGuest(Problem):
    """The account is not on the packet's guest list."""

    status = 403
    title = "This red packet is for other people"


class AlreadyClaimed(Problem):
    """The account has had its share, or its claim is on its way."""

    status = 409
    title = "You have opened this red packet already"


class LinkSignatureInvalid(Problem):
    """The link's signature is missing, or is not for this packet and this account."""

    status = 422
    title = "This link does not open the red packet for you"


class DealerSignatureInvalid(Problem):
    """The dealer did not sign this order of claims (only the chain says so)."""

    status = 409
    title = "The order of claims was not signed by the dealer"


class PositionMismatch(Problem):
    """The claims did not begin at the packet's next position (only the chain says so)."""

    status = 409
    title = "The claims were out of order; claim again"


class LinkMismatch(Problem):
    """The revealed link does not hash to the one before it (only the chain says so)."""

    status = 409
    title = "The draw's link does not fit"


class NothingOwed(Problem):
    """No share of this packet waits to be collected by the account."""

    status = 409
    title = "Nothing waits for you in this red packet"


# --- the gateway's own ------------------------------------------------------


class PacketUnknown(Problem):
    """No red packet of that id."""

    status = 404
    title = "There is no such red packet"


class PacketEmpty(Problem):
    """Every share is taken or promised."""

    status = 409
    title = "All shares of this red packet are taken"


class ShareLimitExceeded(Problem):
    """A share could be more than ¥200.00."""

    status = 422
    title = "A share of a red packet is at most ¥200.00"


class SendingTierTooLow(Problem):
    """A visitor (T0) receives red packets and gives none."""

    status = 403
    title = "Confirm your name to give red packets"


class PacketDailyTotalExceeded(Problem):
    """The creator would give more than ¥5,000.00 in packets today."""

    status = 422
    title = "This is above what one may give in red packets in a day"


class PacketDailyCountExceeded(Problem):
    """The creator would give more than 100 packets today."""

    status = 422
    title = "These are more red packets than one may give in a day"


class ReceivedDailyLimitExceeded(Problem):
    """A T0 or T1 account could be given more than ¥1,000.00 in packets today."""

    status = 422
    title = "This could be above what you may be given in red packets in a day"


class GreetingTooLong(Problem):
    """More than 25 characters."""

    status = 422
    title = "A greeting has at most 25 characters"


class CoverUnknown(Problem):
    """No cover of that name."""

    status = 422
    title = "There is no such cover"


class AudienceMismatch(Problem):
    """Kind, guests and shares do not go together: equal and lucky have guests, exclusive one guest and one share."""

    status = 422
    title = "The packet's kind does not fit whom it is for"


class GuestListMismatch(Problem):
    """The guests are not 1 to 500 different accounts, or their Merkle root is not the signed one."""

    status = 422
    title = "The guest list does not match the packet's terms"


class DrawUnknown(Problem):
    """The draw is not this creator's, or its commitment is not the signed one."""

    status = 422
    title = "There is no such draw"


class DrawAlreadyBound(Problem):
    """Another packet was bound to this commitment first: the dealer reveals for that one only."""

    status = 409
    title = "This draw belongs to another red packet"


class PhraseKeyUnknown(Problem):
    """The packet's claim key is not one that this gateway made for this creator, or it serves another packet."""

    status = 422
    title = "There is no such key for a spoken phrase"


class PhraseWrong(Problem):
    """The phrase (口令) is not this packet's. Counts as a try."""

    status = 403
    title = "This is not the packet's phrase"


class PhraseTriesExhausted(Problem):
    """Five wrong phrases within an hour."""

    status = 429
    title = "Too many wrong phrases; try again later"


class ClaimRefused(Problem):
    """The chain refused the account's claim for good; `error` says why. A claim cannot be made twice."""

    status = 409
    title = "Your claim was refused by the chain"


class ClaimUnknown(Problem):
    """The account has not tried to open this packet."""

    status = 404
    title = "You have not opened this red packet"


class ShareNotDrawn(Problem):
    """The claim waits for the chain, or was refused: there is no share to give thanks for."""

    status = 409
    title = "Your share is not drawn yet"


class AlreadyThanked(Problem):
    """One reply a share: it is given and cannot be changed."""

    status = 409
    title = "You have replied to this red packet already"
