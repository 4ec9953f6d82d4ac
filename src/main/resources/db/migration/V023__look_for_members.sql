-- Members are looked for by the beginning of what they are called, of their address and of their number. An index in the order of
-- its bytes finds a beginning, whatever the language of the server.
CREATE INDEX members_by_last_name ON members (organization, (lower(last_name))${bytewise}, (lower(first_name))${bytewise});
CREATE INDEX members_by_first_name ON members (organization, (lower(first_name))${bytewise}, (lower(last_name))${bytewise});
CREATE INDEX members_by_phone ON members (organization, phone${bytewise});
-- SQLite's members_by_email is in that order already.
${postgresql}CREATE INDEX members_by_email_beginning ON members (organization, email${bytewise});
