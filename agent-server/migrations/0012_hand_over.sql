-- Where an ordinary form hands orders over to a shop that runs no server of ours (Fig 2).
ALTER TABLE merchants ADD COLUMN hand_over TEXT; -- an address on one of its origins; NULL: sealed, to its server
