"""What can be wrong with a contact group."""

from pswallet.kit.problems import Problem


class ContactGroupUnknown(Problem):
    """No group of that id belongs to this account."""

    status = 404
    title = "There is no such contact group"


class ContactGroupsExhausted(Problem):
    """The account has 20 groups."""

    status = 409
    title = "One account has at most 20 contact groups"


class ContactGroupFull(Problem):
    """The group has 100 members: as many as a red packet has shares."""

    status = 409
    title = "A contact group has at most 100 members"


class ContactUnknown(Problem):
    """The address is no member of this group."""

    status = 404
    title = "This account is not in the contact group"
