-- The address that two people share; absent where the case was opened before this.
ALTER TABLE duplicate_candidates ADD COLUMN email TEXT;
