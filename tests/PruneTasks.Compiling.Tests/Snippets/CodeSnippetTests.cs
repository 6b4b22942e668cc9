using System.Collections.Immutable;
using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Diagnostics;
using PruneTasks.Generator.Analyzing;

namespace PruneTasks.Compiling.Tests.Snippets;

/// <summary>
/// Every block of C# in the documents compiles as a program with implicit usings, beside the generated classes of <see cref="SnippetModels"/>: the
/// class that a snippet names says which model it uses. Variables that a snippet uses but does not declare come from the table there. The
/// analyzers have nothing to say, except on lines that end in a comment with the id of what they are to report.
/// </summary>
public sealed partial class CodeSnippetTests
{
    private const string Usings = """
        global using System;
        global using System.Collections.Generic;
        global using System.IO;
        global using System.Linq;
        global using System.Threading;
        global using System.Threading.Tasks;
        """;

    private static readonly CSharpParseOptions Parse = new(LanguageVersion.Latest);

    private static readonly ImmutableArray<DiagnosticAnalyzer> Analyzers =
        [.. typeof(ModelAnalyzer).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(ModelAnalyzer))).Select(type => (DiagnosticAnalyzer)Activator.CreateInstance(type)!)];

    private static readonly CSharpCompilation App = CSharpCompilation.Create(
        "App",
        SnippetModels.Sources().Select(source => CSharpSyntaxTree.ParseText(source, Parse, "Model.g.cs")).Append(CSharpSyntaxTree.ParseText(Usings, Parse, "Usings.cs")),
        Frameworks.Net10.AddRange(SnippetModels.References),
        new CSharpCompilationOptions(OutputKind.ConsoleApplication, nullableContextOptions: NullableContextOptions.Enable));

    public static TheoryData<string> Places => new(Snippet.All("csharp").Select(snippet => snippet.ToString()));

    [Theory]
    [MemberData(nameof(Places))]
    public async Task Compiles_and_the_analyzers_report_what_it_says(string place)
    {
        Snippet snippet = Snippet.All("csharp").Single(snippet => snippet.ToString() == place);
        string program = Complete(snippet.Text);
        CSharpCompilation whole = Compile(program);
        Assert.Empty(whole.GetDiagnostics().Where(problem => problem.Severity == DiagnosticSeverity.Error).Select(problem => $"{place}: {problem}\n{program}"));

        string[] lines = program.Split('\n');
        string[] expected = [.. lines.SelectMany((line, i) => Promised().Matches(line).Select(promise => $"{i + 1} {promise.Groups[1].Value}"))];
        ImmutableArray<Diagnostic> reported = await whole.WithAnalyzers(Analyzers).GetAnalyzerDiagnosticsAsync();
        Assert.Equal(expected, reported.Select(report => $"{report.Location.GetLineSpan().StartLinePosition.Line + 1} {report.Id}").Order(StringComparer.Ordinal).Distinct());
    }

    [Fact]
    public void There_are_snippets_and_a_wrong_one_does_not_compile()
    {
        Assert.True(Places.Count >= 10);
        Assert.Contains(
            Compile(Complete("using Vit vit = new(); vit.Classfy(rgb);")).GetDiagnostics(),
            problem => problem.Severity == DiagnosticSeverity.Error);
    }

    private static CSharpCompilation Compile(string program)
    {
        SyntaxTree tree = CSharpSyntaxTree.ParseText(program, Parse, "Program.cs");
        bool isProgram = tree.GetRoot().ChildNodes().Any(node => node is GlobalStatementSyntax);
        return App.AddSyntaxTrees(tree).WithOptions(App.Options.WithOutputKind(isProgram ? OutputKind.ConsoleApplication : OutputKind.DynamicallyLinkedLibrary));
    }

    /// <summary>
    /// Adds a program's first lines: usings, and the variables that are missed. What is missed may miss another, hence the rounds.
    /// </summary>
    private static string Complete(string text)
    {
        CompilationUnitSyntax unit = (CompilationUnitSyntax)CSharpSyntaxTree.ParseText(text, Parse).GetRoot();
        string usings = string.Concat(unit.Usings.Select(directive => directive.ToFullString()));
        string rest = text[unit.Usings.FullSpan.Length..];
        string own = string.Concat(new[] { "PruneTasks", SnippetModels.Namespace }.Where(space => !usings.Contains($"using {space};", StringComparison.Ordinal)).Select(space => $"using {space};\n"));
        List<string> variables = [];
        for (int round = 0; round < 5; round++)
        {
            string program = own + usings + string.Concat(Enumerable.Reverse(variables).Select(name => SnippetModels.Variables[name] + "\n")) + rest;
            string[] missed = [.. Compile(program).GetDiagnostics().Where(problem => problem.Id == "CS0103")
                .Select(problem => problem.Location.SourceTree!.GetRoot().FindNode(problem.Location.SourceSpan).ToString()).Distinct()
                .Where(name => SnippetModels.Variables.ContainsKey(name) && !variables.Contains(name))];
            if (missed.Length == 0)
                return program;
            variables.AddRange(missed);
        }
        return own + usings + rest;
    }

    [GeneratedRegex(@"// (PRUNE05\d\d)\b")]
    private static partial Regex Promised();
}
