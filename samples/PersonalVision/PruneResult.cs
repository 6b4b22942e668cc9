using System.Text.Json;

namespace PersonalVision;

/// <summary>Size of a model as the build reported it.</summary>
/// <param name="Bytes">Size of the file.</param>
/// <param name="Parameters">Numbers in the weights.</param>
/// <param name="Macs">Multiply-adds for one image.</param>
internal sealed record ReportedSize(long Bytes, long Parameters, long Macs);

/// <summary>What the build wrote about the pruning, from <c>obj/prunetasks/glyphs/result.json</c>.</summary>
internal sealed record PruneResult(ReportedSize Dense, ReportedSize Pruned)
{
    /// <summary>Reads the file, or gives null where the build wrote none.</summary>
    public static PruneResult? Read(string file)
    {
        if (!File.Exists(file))
            return null;
        using var document = JsonDocument.Parse(File.ReadAllBytes(file));
        return new PruneResult(Size(document.RootElement.GetProperty("dense")), Size(document.RootElement.GetProperty("pruned")));
    }

    private static ReportedSize Size(JsonElement size) => new(
        size.GetProperty("bytes").GetInt64(), size.GetProperty("parameters").GetInt64(), size.GetProperty("macs").GetInt64());
}
