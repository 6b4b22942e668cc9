namespace PruneTasks.Generator;

/// <summary>The types that one manifest declares.</summary>
internal sealed record DeclaredTypes(string Path, string Model, EquatableArray<string> FullNames);

/// <summary>A type that a manifest declares after another model has declared it.</summary>
internal sealed record TypeCollision(string Path, string Type, string First)
{
    /// <summary>
    /// All collisions, first come first served in order of paths. Names that differ only in case collide too: the generated files
    /// would.
    /// </summary>
    public static EquatableArray<TypeCollision> Find(IEnumerable<DeclaredTypes> models)
    {
        Dictionary<string, string> owners = new(StringComparer.OrdinalIgnoreCase);
        List<TypeCollision> collisions = [];
        foreach (DeclaredTypes model in models.OrderBy(model => model.Path, StringComparer.Ordinal))
        {
            TypeCollision[] own = [.. model.FullNames.Where(owners.ContainsKey).Select(type => new TypeCollision(model.Path, type, owners[type]))];
            collisions.AddRange(own.Take(1));
            if (own.Length > 0)
                continue;
            foreach (string type in model.FullNames)
                owners.Add(type, model.Model);
        }
        return new EquatableArray<TypeCollision>(collisions);
    }
}
