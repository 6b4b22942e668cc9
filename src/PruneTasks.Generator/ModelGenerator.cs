using System.Collections.Immutable;
using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Text;
using PruneTasks.Generator.Describing;
using PruneTasks.Generator.Reporting;
using PruneTasks.Spec.Diagnostics;

namespace PruneTasks.Generator;

/// <summary>
/// Emits the typed class of each model. Input: additional files with the metadata <c>PruneTasksModel</c>, whose text is a manifest,
/// the property <c>RootNamespace</c>, classes with <c>[PrunedModel]</c>, and the names of referenced assemblies: typing regenerates nothing.
/// Only classes, and pairs of them, go from step to step: the compiler has code for these, and would have to compile its tables anew for each
/// other kind of value, which took longer than generating a model.
/// </summary>
[Generator(LanguageNames.CSharp)]
public sealed class ModelGenerator : IIncrementalGenerator
{
    private const string ModelMetadata = "build_metadata.AdditionalFiles.PruneTasksModel";
    private const string NamespaceProperty = "build_property.RootNamespace";

    /// <inheritdoc/>
    public void Initialize(IncrementalGeneratorInitializationContext context)
    {
        IncrementalValuesProvider<GivenManifest> manifests = context.AdditionalTextsProvider
            .Combine(context.AnalyzerConfigOptionsProvider)
            .Where(static pair => IsModel(pair.Left, pair.Right))
            .Select(static (pair, cancellation) => new GivenManifest(pair.Left.Path, pair.Left.GetText(cancellation)?.ToString() ?? ""))
            .WithTrackingName(StepNames.Manifests)
            // A project may list a file twice; each is still compared by itself.
            .Collect()
            .SelectMany(static (all, _) => Distinct(all));
        IncrementalValueProvider<string> rootNamespace = context.AnalyzerConfigOptionsProvider
            .Select(static (options, _) => options.GlobalOptions.TryGetValue(NamespaceProperty, out string? value) ? value : "")
            .WithTrackingName(StepNames.RootNamespace);
        IncrementalValueProvider<EquatableArray<Declaration>> declarations = context.SyntaxProvider
            .ForAttributeWithMetadataName(Declaration.Attribute, static (node, _) => node is ClassDeclarationSyntax, static (found, _) => Declaration.Of(found))
            .Collect()
            .Select(static (all, _) => Known(all))
            .WithTrackingName(StepNames.Declarations);
        IncrementalValueProvider<AppReferences> references = context.CompilationProvider
            .Select(static (compilation, _) => AppReferences.Of(compilation))
            .WithTrackingName(StepNames.References);
        IncrementalValueProvider<AppFacts> app = rootNamespace
            .Combine(declarations)
            .Select(static (pair, _) => new AppFacts(pair.Left, pair.Right, AppReferences.None))
            .Combine(references)
            .Select(static (pair, _) => pair.Left with { References = pair.Right });
        IncrementalValuesProvider<Described> models = manifests
            .Combine(app)
            .Select(static (pair, _) => ModelDescriber.Describe(pair.Left.Path, pair.Left.Text, pair.Right))
            .WithTrackingName(StepNames.Models);
        IncrementalValueProvider<ModelSet> set = models
            .Collect()
            .Select(static (all, _) => ModelSet.Of(all));
        IncrementalValueProvider<EquatableArray<TypeCollision>> collisions = set
            .Select(static (models, _) => models.Collisions)
            .WithTrackingName(StepNames.Collisions);
        IncrementalValuesProvider<ModelFile> files = models
            .Combine(collisions)
            .Select(static (pair, _) => ModelFile.Of(pair.Left, pair.Right))
            .WithTrackingName(StepNames.Sources);
        IncrementalValuesProvider<DiagnosticInfo> strays = set
            .Combine(declarations)
            .SelectMany(static (pair, _) => Strays(pair.Left.Names, pair.Right));
        context.RegisterSourceOutput(strays, static (output, diagnostic) => output.ReportDiagnostic(diagnostic.ToDiagnostic()));
        // The word for a language that is too old, else nothing: a reference type, as all that goes through the tables here.
        IncrementalValueProvider<string> tooOld = context.ParseOptionsProvider
            .Select(static (options, _) => ((CSharpParseOptions)options).LanguageVersion is var language && language < LanguageVersion.CSharp11 ? language.ToDisplayString() : "");
        context.RegisterSourceOutput(files.Combine(tooOld), static (output, pair) => Add(output, pair.Left, pair.Right));
    }

    private static bool IsModel(AdditionalText file, AnalyzerConfigOptionsProvider options) =>
        options.GetOptions(file).TryGetValue(ModelMetadata, out string? model) && !string.IsNullOrWhiteSpace(model);

    private static ImmutableArray<GivenManifest> Distinct(ImmutableArray<GivenManifest> all)
    {
        if (all.Length < 2)
            return all;
        HashSet<GivenManifest> seen = [];
        ImmutableArray<GivenManifest>.Builder distinct = ImmutableArray.CreateBuilder<GivenManifest>(all.Length);
        foreach (GivenManifest file in all)
        {
            if (seen.Add(file))
                distinct.Add(file);
        }
        return distinct.ToImmutable();
    }

    private static EquatableArray<Declaration> Known(ImmutableArray<Declaration?> all)
    {
        List<Declaration> known = [];
        foreach (Declaration? declaration in all)
        {
            if (declaration is not null)
                known.Add(declaration);
        }
        return new EquatableArray<Declaration>(known);
    }

    /// <summary>Classes with the attribute that no model belongs to, and those that no class can be generated into.</summary>
    private static ImmutableArray<DiagnosticInfo> Strays(EquatableArray<string> models, EquatableArray<Declaration> declarations)
    {
        if (declarations.Count == 0)
            return ImmutableArray<DiagnosticInfo>.Empty;
        ImmutableArray<DiagnosticInfo>.Builder strays = ImmutableArray.CreateBuilder<DiagnosticInfo>();
        for (int i = 0; i < declarations.Count; i++)
        {
            Declaration declaration = declarations[i];
            string? problem = declaration.Nested ? "it is generic or inside another type"
                : !models.Contains(declaration.Model) ? $"no model is called '{declaration.Model}'; the project has {(models.Count == 0 ? "none" : string.Join(", ", models))}"
                : declarations.First(other => other.Model == declaration.Model && !other.Nested) != declaration ? $"another class stands for the model '{declaration.Model}' already"
                : null;
            if (problem is not null)
                strays.Add(declaration.Report(PruneDiagnostics.DeclarationNotUsable, declaration.ClassName, problem));
        }
        return strays.ToImmutable();
    }

    private static void Add(SourceProductionContext output, ModelFile file, string tooOld)
    {
        for (int i = 0; i < file.Diagnostics.Count; i++)
            output.ReportDiagnostic(file.Diagnostics[i].ToDiagnostic());
        if (file.Text is null)
            return;
        if (tooOld.Length > 0)
            output.ReportDiagnostic(Diagnostic.Create(Descriptors.Of(PruneDiagnostics.LanguageTooOld), Location.None, tooOld, file.HintName));
        else
            output.AddSource(file.HintName, SourceText.From(file.Text, Encoding.UTF8));
    }
}
