using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Text;

namespace PruneTasks.Generator.Tests.Harness;

/// <summary>A manifest as the build hands it to the compiler; no metadata stands for an additional file that is no model.</summary>
internal sealed record ManifestFile(string Path, string Text, string? Model = "model");

/// <summary>Runs the generator in a compilation like an app's: nullable, warnings as errors, no implicit usings.</summary>
internal sealed class GeneratorHost
{
    private static readonly ImmutableArray<MetadataReference> References = Referenced(name => name.StartsWith("System.", StringComparison.Ordinal)
        || name is "netstandard.dll" or "Microsoft.ML.OnnxRuntime.dll" or "PruneTasks.Runtime.dll");

    private readonly Dictionary<string, ManifestAdditionalText> _texts;
    private GeneratorDriver _driver;

    public GeneratorHost(
        IEnumerable<ManifestFile> files, string userCode = "", string? rootNamespace = "App", LanguageVersion language = LanguageVersion.CSharp12,
        IEnumerable<string>? libraries = null)
    {
        CSharpParseOptions parse = new(language, DocumentationMode.Diagnose);
        ManifestFile[] all = [.. files];
        _texts = [];
        ManifestAdditionalText[] texts = [.. all.Select(file => _texts[file.Path] = new ManifestAdditionalText(file))];
        _driver = CSharpGeneratorDriver.Create(
            [new ModelGenerator().AsSourceGenerator()],
            texts,
            parse,
            new OptionsOf(all, rootNamespace),
            new GeneratorDriverOptions(IncrementalGeneratorOutputKind.None, trackIncrementalGeneratorSteps: true));
        Input = CSharpCompilation.Create(
            "App", [CSharpSyntaxTree.ParseText("#pragma warning disable CS1591 // the tests' own code\n" + userCode, parse, "User.cs")],
            [.. References, .. Referenced(name => libraries?.Contains(Path.GetFileNameWithoutExtension(name)) == true)],
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable,
                generalDiagnosticOption: ReportDiagnostic.Error, warningLevel: 9999,
                // As the SDK does: a library may be built for an older framework.
                specificDiagnosticOptions: [new("CS1701", ReportDiagnostic.Suppress)]));
        Run();
    }

    public Compilation Input { get; set; }

    public Compilation Output { get; private set; }

    public GeneratorRunResult Result => _driver.GetRunResult().Results.Single();

    public string Source => Assert.Single(Result.GeneratedSources).SourceText.ToString();

    public IEnumerable<string> Reported => Result.Diagnostics.Select(diagnostic => diagnostic.Id);

    [MemberNotNull(nameof(Output))]
    public void Run()
    {
        _driver = _driver.RunGeneratorsAndUpdateCompilation(Input, out Compilation output, out _);
        Output = output;
    }

    /// <summary>The file's text was written anew, equal or not.</summary>
    public void Rewrite(ManifestFile file)
    {
        ManifestAdditionalText text = new(file);
        _driver = _driver.ReplaceAdditionalText(_texts[file.Path], text);
        _texts[file.Path] = text;
    }

    public void ReplaceOptions(IEnumerable<ManifestFile> files, string? rootNamespace) =>
        _driver = _driver.WithUpdatedAnalyzerConfigOptions(new OptionsOf([.. files], rootNamespace));

    /// <summary>Neither the generator nor the compiler has anything to say.</summary>
    public GeneratorHost AssertClean()
    {
        Assert.Empty(Result.Diagnostics.Where(diagnostic => diagnostic.Severity >= DiagnosticSeverity.Warning));
        Assert.Null(Result.Exception);
        Assert.Empty(Output.GetDiagnostics().Where(diagnostic => diagnostic.Severity >= DiagnosticSeverity.Warning));
        return this;
    }

    /// <summary>Compiles with the model embedded, and loads the assembly.</summary>
    public Assembly Load(string resource, byte[] model, params (string Name, byte[] Bytes)[] more)
    {
        AssertClean();
        using MemoryStream stream = new();
        Assert.True(Output.Emit(stream, manifestResources:
            [
                new ResourceDescription(resource, () => new MemoryStream(model), isPublic: true),
                .. more.Select(other => new ResourceDescription(other.Name, () => new MemoryStream(other.Bytes), isPublic: true)),
            ]).Success);
        return Assembly.Load(stream.ToArray());
    }

    private static ImmutableArray<MetadataReference> Referenced(Func<string, bool> wanted) =>
    [
        .. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(path => wanted(Path.GetFileName(path)))
            .Select(path => MetadataReference.CreateFromFile(path)),
    ];

    private sealed class ManifestAdditionalText(ManifestFile file) : AdditionalText
    {
        public override string Path => file.Path;

        public override SourceText GetText(CancellationToken cancellationToken = default) => SourceText.From(file.Text, Encoding.UTF8);
    }

    private sealed class OptionsOf(ManifestFile[] files, string? rootNamespace) : AnalyzerConfigOptionsProvider
    {
        public override AnalyzerConfigOptions GlobalOptions { get; } =
            new Options(rootNamespace is null ? [] : new() { ["build_property.RootNamespace"] = rootNamespace });

        public override AnalyzerConfigOptions GetOptions(SyntaxTree tree) => new Options([]);

        public override AnalyzerConfigOptions GetOptions(AdditionalText textFile) =>
            files.FirstOrDefault(file => file.Path == textFile.Path)?.Model is { } model
                ? new Options(new() { ["build_metadata.AdditionalFiles.PruneTasksModel"] = model })
                : new Options([]);
    }

    private sealed class Options(Dictionary<string, string> values) : AnalyzerConfigOptions
    {
        public override bool TryGetValue(string key, [NotNullWhen(true)] out string? value) => values.TryGetValue(key, out value);
    }
}
