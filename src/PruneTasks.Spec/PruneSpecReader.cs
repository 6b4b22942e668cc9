using System.Text;
using PruneTasks.Spec.Diagnostics;
using PruneTasks.Spec.Reading;
using PruneTasks.Spec.Table;
using PruneTasks.Spec.Yaml;

namespace PruneTasks.Spec;

/// <summary>A spec, or why there is none.</summary>
/// <param name="Spec">The spec; null when there is an error.</param>
/// <param name="Diagnostics">Everything found, in the order of the file.</param>
public sealed record SpecReadResult(PruneSpec? Spec, IReadOnlyList<PruneDiagnostic> Diagnostics);

/// <summary>
/// Reads a <c>*.prune.yaml</c> and reports all problems at once. Opens no other file: whether model, labels and data exist is for
/// <see cref="SpecChecks"/>.
/// </summary>
public static class PruneSpecReader
{
    /// <summary>Reads a file (UTF-8, or any encoding with a byte order mark).</summary>
    public static SpecReadResult Read(string path)
    {
        try
        {
            var strict = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
            using var reader = new StreamReader(path, strict, detectEncodingFromByteOrderMarks: true);
            return Read(reader.ReadToEnd(), path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            // DecoderFallbackException is an ArgumentException.
            string problem = exception is DecoderFallbackException ? "it is not UTF-8 text" : exception.Message;
            return new SpecReadResult(null, [PruneDiagnostics.SpecUnreadable.In(path, problem)]);
        }
    }

    /// <summary>Reads text that stands, or will stand, in the file <paramref name="path"/>.</summary>
    public static SpecReadResult Read(string text, string path)
    {
        var diagnostics = new List<PruneDiagnostic>();
        PruneSpec? spec = null;
        if (YamlTreeReader.Read(text, path, diagnostics) is { } root)
        {
            if (NewerVersion(root, path) is { } newer)
                return new SpecReadResult(null, [newer]);
            var walker = new SpecWalker(path, diagnostics);
            walker.Section(SpecTable.Root, root, new SourceSpan(1, 1, 1, 1));
            string folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
            spec = new SpecBinder(walker.Values, path, folder, diagnostics).Bind();
        }

        PruneDiagnostic[] ordered = [.. diagnostics.OrderBy(d => d.Line).ThenBy(d => d.Column)];
        return new SpecReadResult(ordered.Any(d => d.IsError) ? null : spec, ordered);
    }

    // Unknown keys are to be expected in a newer version, and reporting them would hide the cause.
    private static PruneDiagnostic? NewerVersion(YamlNode root, string file)
    {
        foreach ((YamlNode key, YamlNode value) in root.Entries)
        {
            if (key.Text == "version" && SpecValueReader.Integer(value) is { } version && version > SpecTable.NewestVersion)
                return PruneDiagnostics.NewerVersion.At(file, value.Span, version, SpecTable.NewestVersion);
        }

        return null;
    }
}
