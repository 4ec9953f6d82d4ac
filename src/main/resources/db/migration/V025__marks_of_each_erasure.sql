-- One mark can be of several erasures, as two people of one address: lifting one leaves the other's.
CREATE TABLE suppression_marks_of_each (
    organization TEXT NOT NULL,
    mark         TEXT NOT NULL,
    erasure_id   BIGINT NOT NULL,
    PRIMARY KEY (organization, mark, erasure_id)
) ${clustered};
INSERT INTO suppression_marks_of_each (organization, mark, erasure_id)
SELECT organization, mark, erasure_id FROM suppression_marks;
DROP TABLE suppression_marks;
ALTER TABLE suppression_marks_of_each RENAME TO suppression_marks;
CREATE INDEX suppression_marks_by_erasure ON suppression_marks (erasure_id);
