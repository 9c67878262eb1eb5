"""What can be wrong with a real-name check."""

from pswallet.kit.problems import Problem


class NameInvalid(Problem):
    """Not a Chinese name of 2 to 20 characters, nor a Latin one."""

    status = 422
    title = "This is not a name that an identity document can carry"


class DocumentInvalid(Problem):
    """The number is none of its kind; `flaw` says whether format, region, birth date, check digit or expiry."""

    status = 422
    title = "This is not a valid document number"


class BirthDateMissing(Problem):
    """The document does not tell the date of birth: give `birth_date`."""

    status = 422
    title = "The date of birth is missing"


class BirthDateInvalid(Problem):
    """In the future, more than 150 years ago, or not the document's."""

    status = 422
    title = "The date of birth does not fit"


class GuardianConsentRequired(Problem):
    """Under 14: a guardian must consent first (PIPL Art. 31)."""

    status = 403
    title = "Under fourteen a guardian must consent"


class CardInvalid(Problem):
    """Not 13 to 19 digits with a right check digit."""

    status = 422
    title = "This is not a valid bank card number"


class IdentityMismatch(Problem):
    """Name and number do not belong together."""

    status = 403
    title = "Name and number do not belong together"


class CardMismatch(Problem):
    """Card, name, number and the bank's phone do not belong together."""

    status = 403
    title = "The card is not in this name, or the bank knows another phone"


class FaceMismatch(Problem):
    """The live face is not that of the document."""

    status = 403
    title = "The face is not that of the document"


class IdentityInUse(Problem):
    """The document serves another account."""

    status = 409
    title = "This document serves another account"


class IdentityFixed(Problem):
    """The account was checked with another document before."""

    status = 409
    title = "This account belongs to another document"


class RealNameRequired(Problem):
    """This takes a real-name check of the person first."""

    status = 403
    title = "Check your real name first"
