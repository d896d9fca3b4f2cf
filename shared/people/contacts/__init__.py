"""Who a contact is: the addresses by which one person is known, and what happens when two of them turn out to be one."""
