using PruneTasks.Spec.Diagnostics;
using PruneTasks.Spec.Table;

namespace PruneTasks.Spec.Reading;

/// <summary>Gives the values their meaning, and checks what concerns several keys.</summary>
internal sealed class SpecBinder(SpecValues values, string file, string folder, List<PruneDiagnostic> diagnostics)
{
    /// <summary>The spec; only to be used when no error was added.</summary>
    public PruneSpec Bind()
    {
        string name = SpecName.Of(file);
        ModelTask task = ModelTaskWords.FromWord(values.Text("task")!) ?? ModelTask.Generic;
        return new PruneSpec
        {
            File = file,
            Folder = folder,
            Name = name,
            Version = values.Integer("version") ?? SpecTable.NewestVersion,
            Model = Path("model") ?? Resolve(name + ".onnx"),
            ClassName = values.Text("class") ?? CSharpNames.Pascal(name),
            Namespace = values.Text("namespace"),
            Task = task,
            Labels = Labels(),
            Image = Image(task),
            Text = Text(task),
            Data = new DataSpec { Personal = Source("data.personal"), Common = Source("data.common"), Test = Source("data.test") },
            Prune = Prune(),
            Quality = values.Number("quality.max-drop") is { } drop
                ? new QualityContract(values.Text("quality.metric")!, drop, values.Text("quality.on-miss")!) : null,
            Public = values.Boolean("public")!.Value,
            Card = values.Has("card")
                ? new CardSpec(
                    values.Text("card.name"), values.Text("card.version"), values.Text("card.license"),
                    values.Text("card.author"), values.Text("card.source"), values.Text("card.description"))
                : null,
            Deploy = Deploy(),
            Places = values.Places,
        };
    }

    private DeploySpec Deploy()
    {
        var deploy = new DeploySpec(values.Text("deploy.embed")!, values.Text("deploy.compression")!);
        if (deploy is { Embed: "file", Compression: not "none" })
            Report(PruneDiagnostics.Conflict, "deploy.compression", "deploy.compression", "deploy.embed: file", "a file beside the app is not compressed: ONNX Runtime maps it");
        return deploy;
    }

    private LabelSource? Labels() => values.Find("labels") switch
    {
        string[] names => new LabelSource(names, null),
        string => Path("labels") is { } path ? new LabelSource(null, path) : null,
        _ => null,
    };

    private ImageSpec? Image(ModelTask task)
    {
        if (task != ModelTask.ImageClassification)
        {
            if (values.Places.ContainsKey("image") && !values.IsRefused("task"))
            {
                Report(
                    PruneDiagnostics.Conflict,
                    "image",
                    "image",
                    $"task: {task.ToWord()}",
                    $"an image section needs 'task: {ModelTask.ImageClassification.ToWord()}'");
            }

            return null;
        }

        var size = values.Find("image.size") as int[];
        string color = values.Text("image.color")!;
        int channels = color == "gray" ? 1 : 3;
        return new ImageSpec
        {
            Height = size?[0],
            Width = size?[1],
            Color = color,
            Layout = values.Text("image.layout")!,
            Scale = values.Number("image.scale")!.Value,
            Mean = PerChannel("image.mean", color, channels),
            Std = PerChannel("image.std", color, channels),
            Resize = values.Text("image.resize")!,
            Interpolation = values.Text("image.interpolation")!,
            Pad = values.Integer("image.pad")!.Value,
            Crop = values.Text("image.crop")!,
        };
    }

    private TextSpec? Text(ModelTask task)
    {
        if (!task.HasText())
        {
            if (values.Places.ContainsKey("text") && !values.IsRefused("task"))
                Report(PruneDiagnostics.Conflict, "text", "text", $"task: {task.ToWord()}", "a text section needs the task 'text-classification', 'text-embedding' or 'causal-lm'");
            return null;
        }

        return new TextSpec
        {
            Tokenizer = Path("text.tokenizer"),
            Format = values.Text("text.format")!,
            Lowercase = values.Boolean("text.lowercase")!.Value,
            Pattern = values.Text("text.pattern"),
            MaxLength = values.Integer("text.max-length"),
            Truncation = values.Text("text.truncation")!,
            Start = values.Find("text.start") as string[],
            End = values.Find("text.end") as string[],
            Pad = values.Integer("text.pad"),
            Stop = values.Find("text.stop") as string[],
            Pooling = values.Text("text.pooling")!,
            Normalize = values.Boolean("text.normalize")!.Value,
            Output = values.Text("text.output"),
            Inputs = new TextInputs(values.Text("text.inputs.tokens"), values.Text("text.inputs.mask"), values.Text("text.inputs.segments"), values.Text("text.inputs.positions")),
            Chat = values.Has("text.chat")
                ? new ChatFormat(values.Text("text.chat.system")!, values.Text("text.chat.user") ?? "", values.Text("text.chat.assistant") ?? "", values.Text("text.chat.reply") ?? "") : null,
        };
    }

    private double[] PerChannel(string path, string color, int channels)
    {
        if (values.Find(path) is not double[] numbers)
            return [.. Enumerable.Repeat(values.Number(path)!.Value, channels)];
        if (numbers.Length == 1)
            return [.. Enumerable.Repeat(numbers[0], channels)];
        if (numbers.Length != channels && !values.IsRefused("image.color"))
            Report(PruneDiagnostics.BadValue, path, path, $"{channels} numbers, one per channel of '{color}', or one for all", $"{numbers.Length} numbers");
        return numbers;
    }

    private DataSource? Source(string section) =>
        Path($"{section}.path") is { } path ? new DataSource(path, values.Integer($"{section}.samples"), section == "data.test" ? 1 : values.Number($"{section}.weight")!.Value) : null;

    private PruneSettings Prune()
    {
        bool budget = values.Places.ContainsKey("prune.budget") && Given("prune.budget");
        bool ratios = values.Places.ContainsKey("prune.ratios") && Given("prune.ratios");
        if (budget && ratios)
            Report(PruneDiagnostics.Conflict, "prune.ratios", "prune.budget", "prune.ratios", "give what may remain, or what is removed, not both");
        if (values.Find("prune.budget") is string && !values.Places.ContainsKey("quality"))
            Report(PruneDiagnostics.MissingKey, "prune.budget", "quality", "'budget: auto' asks how much may be lost: add 'quality: { metric: agreement, max-drop: 0.01 }'");
        return new PruneSettings
        {
            Seed = values.Integer("prune.seed")!.Value,
            Align = values.Integer("prune.align")!.Value,
            Views = values.Integer("prune.views")!.Value,
            Exact = values.Boolean("prune.exact")!.Value,
            Classes = values.Find("prune.classes") as string[],
            Flip = values.Text("prune.flip")!,
            Allocation = values.Text("prune.allocation")!,
            Prices = values.Text("prune.prices")!,
            Time = values.Number("prune.time")!.Value,
            Threads = values.Text("prune.threads")!,
            Method = values.Text("prune.method")!,
            Modules = values.Boolean("prune.modules")!.Value,
            Partition = new PartitionSettings
            {
                Probes = values.Text("prune.partition.probes")!,
                Count = values.Integer("prune.partition.count")!.Value,
                Solver = values.Text("prune.partition.solver")!,
                Bootstrap = values.Integer("prune.partition.bootstrap")!.Value,
                CommonMax = values.Number("prune.partition.common.max"),
                PersonalMax = values.Number("prune.partition.personal.max"),
            },
            Buffer = new BufferSettings(values.Integer("prune.buffer.steps")!.Value, values.Number("prune.buffer.capacity")!.Value),
            Distill = new DistillSettings(values.Integer("prune.distill.steps")!.Value),
            Ratios = ratios
                ? new PruneRatios(
                    values.Number("prune.ratios.ffn")!.Value,
                    values.Number("prune.ratios.qk")!.Value,
                    values.Number("prune.ratios.vo")!.Value,
                    values.Number("prune.ratios.channel")!.Value)
                : null,
            Budget = budget
                ? new PruneBudget(
                    values.Number("prune.budget.macs"),
                    values.Number("prune.budget.parameters"),
                    values.Number("prune.budget.bytes"),
                    values.Number("prune.budget.latency"),
                    values.Find("prune.budget") is string)
                : ratios ? null : new PruneSettings().Budget,
        };
    }

    private bool Given(string section) =>
        values.Has(section) || SpecTable.Get(section).Keys.Any(key => values.IsRefused(key.Path));

    private SpecPath? Path(string path)
    {
        if (values.Find(path) is not string written)
            return null;
        try
        {
            return Resolve(written);
        }
        catch (Exception exception) when (exception is ArgumentException or NotSupportedException or PathTooLongException)
        {
            Report(PruneDiagnostics.BadValue, path, path, "a path", $"'{written}' ({exception.Message})");
            return null;
        }
    }

    // A spec written on Windows is built on Linux too.
    private SpecPath Resolve(string written)
    {
        string path = written.Replace('\\', '/');
        while (path.StartsWith("./", StringComparison.Ordinal))
            path = path.Substring(2).TrimStart('/');
        return new SpecPath(path, System.IO.Path.GetFullPath(System.IO.Path.Combine(folder, path)));
    }

    private void Report(PruneDiagnosticDescriptor descriptor, string key, params object[] arguments)
    {
        SourceSpan place = values.Places.TryGetValue(key, out SourceSpan known) ? known : SourceSpan.None;
        diagnostics.Add(descriptor.At(file, place, arguments));
    }
}
