package dev.muster.golden;

import java.util.List;

/**
 * What an undo would change.
 *
 * @param changes how many changes of source records were looked at
 * @param isComplete whether these were all
 * @param records source records of which a field changes
 * @param withdrawn those among them of which nothing is left
 * @param goldenRecords golden records that they belong to
 * @param fields fields that change
 * @param skipped fields that stay, because somebody wrote since
 * @param differences one part of all fields, the latest first
 */
public record UndoPreview(
        long changes,
        boolean isComplete,
        long records,
        long withdrawn,
        long goldenRecords,
        long fields,
        long skipped,
        List<UndoDifference> differences) {
    public UndoPreview {
        differences = List.copyOf(differences);
    }
}
