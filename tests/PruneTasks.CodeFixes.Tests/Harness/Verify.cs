extern alias codefixes;

using System.Collections.Immutable;
using System.Text.RegularExpressions;
using codefixes::PruneTasks.CodeFixes;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeActions;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Text;
using PruneTasks.Generator.Analyzing;
using PruneTasks.Generator.Tests.Harness;

namespace PruneTasks.CodeFixes.Tests.Harness;

/// <summary>
/// Runs every analyzer on an app's code. What is to be reported stands in <c>[|…|]</c>; what one analyzer has to say of another's cases counts too, so a
/// case says it with <c>also</c>.
/// </summary>
internal static class Verify
{
    private static readonly ImmutableArray<MetadataReference> References =
    [
        .. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(path => Path.GetFileName(path) is var name && (name.StartsWith("System.", StringComparison.Ordinal)
                || name.StartsWith("xunit.v3.", StringComparison.Ordinal) || name is "netstandard.dll" or "Microsoft.ML.OnnxRuntime.dll" or "PruneTasks.Runtime.dll"))
            .Select(path => MetadataReference.CreateFromFile(path)),
    ];

    public static readonly ImmutableArray<DiagnosticAnalyzer> Analyzers =
        [.. typeof(ModelAnalyzer).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(ModelAnalyzer))).OrderBy(type => type.Name, StringComparer.Ordinal)
            .Select(type => (DiagnosticAnalyzer)Activator.CreateInstance(type)!)];

    public static readonly ImmutableArray<ModelFix> Fixes =
        [.. typeof(ModelFix).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(ModelFix))).Select(type => (ModelFix)Activator.CreateInstance(type)!)];

    /// <summary>Exactly the marked places are reported, with the id.</summary>
    public static async Task<Diagnostic[]> Reports(string id, string markedCode, params string[] also)
    {
        (string code, TextSpan[] expected) = Unmark(markedCode);
        Diagnostic[] all = await Run(Project(code));
        Diagnostic[] own = [.. all.Where(diagnostic => diagnostic.Id == id)];
        Assert.Equal(expected.Select(span => code.Substring(span.Start, span.Length)), own.Select(diagnostic => code.Substring(diagnostic.Location.SourceSpan.Start, diagnostic.Location.SourceSpan.Length)));
        Assert.Equal(expected, own.Select(diagnostic => diagnostic.Location.SourceSpan));
        Assert.DoesNotContain(all, diagnostic => diagnostic.Id != id && !also.Contains(diagnostic.Id));
        return own;
    }

    /// <summary>No analyzer says anything.</summary>
    public static async Task IsClean(string code) => Assert.Empty(await Run(Project(code)));

    /// <summary>The reports on code that uses what the generator writes for a manifest, in order of their places.</summary>
    public static async Task ReportsOn(string manifest, string code, params string[] ids)
    {
        Document document = Project(code, new GeneratorHost([new ManifestFile("vit.json", manifest)]).AssertClean().Source);
        Assert.Equal(ids, (await Run(document)).Select(diagnostic => diagnostic.Id));
    }

    /// <summary>The fix of the first report of an id makes this of the code, and the report is gone.</summary>
    public static async Task Fixed(string id, string code, string expected)
    {
        Document document = Project(code);
        Diagnostic diagnostic = (await Run(document)).First(diagnostic => diagnostic.Id == id);
        CodeAction action = Assert.Single(await Actions(document, diagnostic));
        ImmutableArray<CodeActionOperation> operations = await action.GetOperationsAsync(CancellationToken.None);
        Document changed = operations.OfType<ApplyChangesOperation>().Single().ChangedSolution.GetDocument(document.Id)!;
        string text = (await changed.GetTextAsync()).ToString().ReplaceLineEndings("\n");
        Assert.Equal(expected.ReplaceLineEndings("\n"), text);
        Assert.DoesNotContain(await Run(Project(text)), left => left.Id == id && left.Location.SourceSpan == diagnostic.Location.SourceSpan);
    }

    /// <summary>It is reported, but no change is offered.</summary>
    public static async Task NotFixed(string id, string code)
    {
        Document document = Project(code);
        Diagnostic diagnostic = (await Run(document)).First(diagnostic => diagnostic.Id == id);
        Assert.Empty(await Actions(document, diagnostic));
    }

    private static async Task<List<CodeAction>> Actions(Document document, Diagnostic diagnostic)
    {
        List<CodeAction> actions = [];
        foreach (ModelFix fix in Fixes.Where(fix => fix.FixableDiagnosticIds.Contains(diagnostic.Id)))
            await fix.RegisterCodeFixesAsync(new CodeFixContext(document, diagnostic, (action, _) => actions.Add(action), CancellationToken.None));
        return actions;
    }

    private static async Task<Diagnostic[]> Run(Document document)
    {
        Compilation compilation = (await document.Project.GetCompilationAsync())!;
        Assert.Empty(compilation.GetDiagnostics().Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error).Select(diagnostic => diagnostic.ToString()));
        ImmutableArray<Diagnostic> reported = await compilation.WithAnalyzers(Analyzers).GetAnalyzerDiagnosticsAsync();
        Assert.Empty(reported.Where(diagnostic => diagnostic.Id == "AD0001").Select(diagnostic => diagnostic.ToString()));
        return [.. reported.OrderBy(diagnostic => diagnostic.Location.SourceSpan.Start)];
    }

    private static Document Project(string code, string generated = Generated.Source)
    {
        AdhocWorkspace workspace = new();
        ProjectId project = ProjectId.CreateNewId();
        bool isProgram = CSharpSyntaxTree.ParseText(code).GetRoot().ChildNodes().Any(node => node is Microsoft.CodeAnalysis.CSharp.Syntax.GlobalStatementSyntax);
        Solution solution = workspace.CurrentSolution
            .AddProject(ProjectInfo.Create(project, VersionStamp.Default, "App", "App", LanguageNames.CSharp, metadataReferences: References,
                compilationOptions: new CSharpCompilationOptions(isProgram ? OutputKind.ConsoleApplication : OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable),
                parseOptions: new CSharpParseOptions(LanguageVersion.Latest)))
            .AddDocument(DocumentId.CreateNewId(project), "Vit.g.cs", generated)
            .AddDocument(DocumentId.CreateNewId(project), "Usings.cs",
                "global using System; global using System.Linq; global using System.Threading; global using System.Threading.Tasks; global using PruneTasks; global using App; global using Xunit;");
        DocumentId user = DocumentId.CreateNewId(project);
        return solution.AddDocument(user, "User.cs", code).GetDocument(user)!;
    }

    private static (string Code, TextSpan[] Spans) Unmark(string marked)
    {
        List<TextSpan> spans = [];
        int removed = 0;
        foreach (Match match in Regex.Matches(marked, @"\[\|(.*?)\|\]", RegexOptions.Singleline))
        {
            spans.Add(new TextSpan(match.Index - removed, match.Groups[1].Length));
            removed += 4;
        }
        return (Regex.Replace(marked, @"\[\|(.*?)\|\]", "$1", RegexOptions.Singleline), [.. spans]);
    }
}
