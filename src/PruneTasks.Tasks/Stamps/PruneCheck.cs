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
    public static bool IsCurrentByContent(ModelFolder folder, ModelRecord record) => ByContent(folder, record).Current;

    /// <summary>As <see cref="IsCurrentByContent"/>, with the hashes that were needed to tell.</summary>
    public static InputHashes ByContent(ModelFolder folder, ModelRecord record)
    {
        // The state first: a file that changes while it is hashed must not look checked.
        string state = PruneInputs.State(record);
        if (PruneStamp.Read(folder.Stamp) is not { } stamp || PruneStamp.StateOf(folder.Pruned) is not { } outputState)
            return new InputHashes(false, state, PruneInputs.Content(record));
        string content = stamp.State == state ? stamp.Content : PruneInputs.Content(record);
        bool current = content == stamp.Content && (stamp.OutputState == outputState || stamp.Output == PruneStamp.OutputOf(folder.Pruned));
        if (current)
            (stamp with { State = state, OutputState = outputState }).Write(folder.Stamp);
        return new InputHashes(current, state, content);
    }
}

/// <summary>What the inputs of a model are.</summary>
/// <param name="Current">Whether the pruned model is their result.</param>
/// <param name="State">Their sizes and times, taken first.</param>
/// <param name="Content">Their content hash.</param>
internal sealed record InputHashes(bool Current, string State, string Content);
