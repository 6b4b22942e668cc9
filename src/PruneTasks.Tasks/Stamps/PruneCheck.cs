namespace PruneTasks.Tasks.Stamps;

/// <summary>Whether the pruned model in a folder is the result of its present inputs.</summary>
internal static class PruneCheck
{
    /// <summary>By sizes and times only. False means "look closer", not "wrong".</summary>
    public static bool IsCurrentByState(ModelFolder folder, ModelRecord record) =>
        PruneStamp.Read(folder.Stamp) is { } stamp
        && stamp.OutputState == PruneStamp.StateOf(folder.Pruned)
        && stamp.State == PruneInputs.State(record);

    /// <summary>
    /// By content. If it is current the stamp gets the present state, so that the next build needs only the quick check.
    /// </summary>
    public static bool IsCurrentByContent(ModelFolder folder, ModelRecord record)
    {
        if (PruneStamp.Read(folder.Stamp) is not { } stamp || PruneStamp.StateOf(folder.Pruned) is not { } outputState)
            return false;
        // The state first: a file that changes while it is hashed must not look checked.
        string state = PruneInputs.State(record);
        if (stamp.OutputState != outputState && stamp.Output != Sha256.OfFile(folder.Pruned))
            return false;
        if (stamp.State != state && stamp.Content != PruneInputs.Content(record))
            return false;
        (stamp with { State = state, OutputState = outputState }).Write(folder.Stamp);
        return true;
    }
}
