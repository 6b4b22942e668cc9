namespace PruneTasks.Spec;

/// <summary>The name of a spec: its file name without <c>.prune.yaml</c>. It names the outputs and the resource.</summary>
public static class SpecName
{
    private static readonly string[] Endings = [".prune.yaml", ".prune.yml", ".yaml", ".yml"];

    /// <summary><c>vit</c> for <c>models/vit.prune.yaml</c>; <c>model</c> when nothing is left.</summary>
    public static string Of(string file)
    {
        string name = Path.GetFileName(file);
        string stem = Path.GetFileNameWithoutExtension(name);
        foreach (string ending in Endings)
        {
            if (name.EndsWith(ending, StringComparison.OrdinalIgnoreCase))
            {
                stem = name.Substring(0, name.Length - ending.Length);
                break;
            }
        }

        return stem.Length > 0 ? stem : "model";
    }
}
