using PruneTasks.Caching;
using PruneTasks.Records;
using PruneTasks.Spec.Contracts;
using PruneTasks.Spec.Diagnostics;
using PruneTasks.Tasks.Common;
using PruneTasks.Tasks.Stamps;

namespace PruneTasks.Tasks.Embedding;

/// <summary>The largest model that is embedded without being asked for.</summary>
/// <param name="Bytes">The number.</param>
/// <param name="Text">As the project writes it; of text that is no size, the number that is taken instead.</param>
internal readonly record struct EmbedLimit(long Bytes, string Text);

/// <summary>Decides how a model gets into the app, and prepares the files for it.</summary>
internal sealed class EmbedPlanner(ModelFolder folder, ModelRecord record, bool pruned, EmbedLimit limit, Func<string, string, string?> compress)
{
    /// <summary>Above this the compiler refuses a resource (CS1566), and no managed array holds one.</summary>
    private const long LargestResource = 2_000_000_000;

    private readonly string _model = EmbedPlan.Model(folder, record, pruned);

    private IReadOnlyList<string> External => EmbedPlan.External(folder, record, pruned);

    /// <summary>The plan; null after an error was added.</summary>
    public EmbedPlan? Plan(List<PruneDiagnostic> diagnostics)
    {
        string state = EmbedPlan.StateOf(folder, record, pruned, limit.Text);
        EmbedPlan? plan = EmbedPlan.Read(folder, state) ?? Prepare(state, diagnostics);
        if (plan?.Note is { } note)
            diagnostics.Add(PruneDiagnostics.Beside.In(record.Spec, record.Name, note));
        return plan;
    }

    private EmbedPlan? Prepare(string state, List<PruneDiagnostic> diagnostics)
    {
        long size = new FileInfo(_model).Length;
        string? why = External.Count > 0 ? "its weights are in files of their own"
            : size > LargestResource ? "no resource can hold more than 2 GB"
            : null;
        if (record.Embed == "resource" && why is not null)
        {
            diagnostics.Add(PruneDiagnostics.NotEmbeddable.In(record.Spec, record.Name, why));
            return null;
        }
        string? note = record.Embed != "auto" ? null
            : why ?? (size > limit.Bytes ? $"it has {CacheSize.Format(size)}, more than PruneTasksEmbedLimit ({CacheSize.Format(limit.Bytes)})" : null);
        List<EmbeddedFile> resources = [];
        BesideFile[] beside = [];
        if (record.Embed == "file" || note is not null)
        {
            beside = [.. new[] { _model }.Concat(External).Select(file => new BesideFile(file, Target(file)))];
            AtomicFile.WriteIfDifferent(folder.Pointer, Pointer(beside));
            resources.Add(new EmbeddedFile(folder.Pointer, EmbedPlan.PointerSuffix));
        }
        else if (record.Compression == "brotli")
        {
            if (compress(_model, folder.Compressed) is { } problem)
            {
                diagnostics.Add(PruneDiagnostics.NotCompressed.In(record.Spec, record.Name, problem));
                return null;
            }
            resources.Add(new EmbeddedFile(folder.Compressed, EmbedPlan.CompressedSuffix));
        }
        else
        {
            resources.Add(new EmbeddedFile(_model, ""));
        }
        if (pruned && Card() is { } card)
        {
            AtomicFile.WriteIfDifferent(folder.Card, card);
            resources.Add(new EmbeddedFile(folder.Card, EmbedPlan.CardSuffix));
        }
        EmbedPlan plan = new(state, resources, beside, note);
        plan.Write(folder);
        return plan;
    }

    /// <summary>Models lie apart from each other and keep their own names: weights are named by the model that needs them.</summary>
    private string Target(string file)
    {
        string home = Path.GetDirectoryName(_model)! + Path.DirectorySeparatorChar;
        string relative = file.StartsWith(home, StringComparison.Ordinal) ? file.Substring(home.Length) : Path.GetFileName(file);
        return $"prunetasks/{record.Name}/{relative.Replace(Path.DirectorySeparatorChar, '/')}";
    }

    private static string Pointer(IEnumerable<BesideFile> files) =>
        DeployJson.Files(files.Select(file => new DeployedFile(file.Target, new FileInfo(file.Source).Length, Sha256.OfFile(file.Source))));

    private string? Card() => File.Exists(folder.Result)
        ? DeployJson.Card(PruneResult.Parse(File.ReadAllText(folder.Result)), Sha256.OfFile(record.Model))
        : null;
}
