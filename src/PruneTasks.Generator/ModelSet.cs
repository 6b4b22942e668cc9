using System.Collections.Immutable;
using PruneTasks.Generator.Describing;

namespace PruneTasks.Generator;

/// <summary>A type that a manifest declares after another model has declared it.</summary>
internal sealed record TypeCollision(string Path, string Type, string First);

/// <summary>What is to know of all models together: their names, and the types that more than one wants.</summary>
internal sealed record ModelSet(EquatableArray<string> Names, EquatableArray<TypeCollision> Collisions)
{
    public static ModelSet Of(ImmutableArray<Described> all)
    {
        string[] names = new string[all.Length];
        List<Described> models = [];
        for (int i = 0; i < names.Length; i++)
        {
            names[i] = all[i].Name;
            if (all[i].Model is not null)
                models.Add(all[i]);
        }
        return new ModelSet(new EquatableArray<string>(names), models.Count < 2 ? EquatableArray<TypeCollision>.Empty : Find(models));
    }

    /// <summary>
    /// All collisions, first come first served in order of paths. Names that differ only in case collide too: the generated files
    /// would.
    /// </summary>
    private static EquatableArray<TypeCollision> Find(List<Described> models)
    {
        models.Sort((left, right) => string.CompareOrdinal(left.Path, right.Path));
        Dictionary<string, string> owners = new(StringComparer.OrdinalIgnoreCase);
        List<TypeCollision> collisions = [];
        foreach (Described described in models)
        {
            string[] own = [.. described.Model!.TypeNames.Select(described.Model.FullName)];
            string? taken = Array.Find(own, owners.ContainsKey);
            if (taken is not null)
            {
                collisions.Add(new TypeCollision(described.Path, taken, owners[taken]));
                continue;
            }
            foreach (string type in own)
                owners.Add(type, described.Model.Name);
        }
        return new EquatableArray<TypeCollision>(collisions);
    }
}
