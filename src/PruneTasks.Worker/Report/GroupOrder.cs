using PruneTasks.Pruning;

namespace PruneTasks.Worker.Report;

/// <summary>Puts key and value groups in front of the other places of their attention layer: they go first, and blocks are numbered by the order.</summary>
internal static class GroupOrder
{
    /// <summary>All of them.</summary>
    /// <param name="groups">Groups; each is called like the values of its layer.</param>
    /// <param name="sites">Other places, in the model's order.</param>
    /// <param name="kind">Kind of a place, as reports call it.</param>
    /// <param name="name">Name of a place.</param>
    public static IReadOnlyList<T> Merge<T>(IReadOnlyList<T> groups, IReadOnlyList<T> sites, Func<T, string> kind, Func<T, string> name)
    {
        List<T> all = [.. sites];
        List<T> rest = [];
        foreach (T group in groups)
        {
            int at = all.FindIndex(site => kind(site) == UnitKind.ValueOutput.ToSpecName() && name(site) == name(group));
            if (at < 0)
            {
                rest.Add(group);
                continue;
            }
            while (at > 0 && kind(all[at - 1]) == UnitKind.QueryKey.ToSpecName()) at--;
            all.Insert(at, group);
        }
        return [.. rest, .. all];
    }
}
