using System.Globalization;

namespace PruneTasks.Generator.Naming;

/// <summary>Makes a list of names distinct without touching names that are distinct already.</summary>
internal static class UniqueNames
{
    /// <summary>
    /// The first bearer of a name keeps it; each further one gets <paramref name="suffix"/> of its index, and underscores until
    /// it is free. A suffixed name never takes one that another item bears by itself.
    /// </summary>
    public static string[] Of(IReadOnlyList<string> names, Func<int, int> suffix, params string[] reserved)
    {
        HashSet<string> natural = new(names, StringComparer.Ordinal);
        HashSet<string> taken = new(reserved, StringComparer.Ordinal);
        string[] unique = new string[names.Count];
        for (int i = 0; i < names.Count; i++)
        {
            string name = names[i];
            if (!taken.Add(name))
            {
                name += suffix(i).ToString(CultureInfo.InvariantCulture);
                while (natural.Contains(name) || !taken.Add(name))
                    name += "_";
            }
            unique[i] = name;
        }
        return unique;
    }
}
