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
/// </summary>
[Generator(LanguageNames.CSharp)]
public sealed class ModelGenerator : IIncrementalGenerator
{
    private const string ModelMetadata = "build_metadata.AdditionalFiles.PruneTasksModel";
    private const string NamespaceProperty = "build_property.RootNamespace";

    /// <inheritdoc/>
    public void Initialize(IncrementalGeneratorInitializationContext context)
    {
        IncrementalValuesProvider<(string Path, string Text)> manifests = context.AdditionalTextsProvider
            .Combine(context.AnalyzerConfigOptionsProvider)
            .Where(static pair => IsModel(pair.Left, pair.Right))
            .Select(static (pair, cancellation) => (pair.Left.Path, pair.Left.GetText(cancellation)?.ToString() ?? ""))
            .WithTrackingName(StepNames.Manifests)
            // A project may list a file twice; each is still compared by itself.
            .Collect()
            .SelectMany(static (all, _) => all.Distinct());
        IncrementalValueProvider<string> rootNamespace = context.AnalyzerConfigOptionsProvider
            .Select(static (options, _) => options.GlobalOptions.TryGetValue(NamespaceProperty, out string? value) ? value : "")
            .WithTrackingName(StepNames.RootNamespace);
        IncrementalValueProvider<EquatableArray<Declaration>> declarations = context.SyntaxProvider
            .ForAttributeWithMetadataName(Declaration.Attribute, static (node, _) => node is ClassDeclarationSyntax, static (found, _) => Declaration.Of(found))
            .Where(static declaration => declaration is not null)
            .Collect()
            .Select(static (all, _) => new EquatableArray<Declaration>(all!))
            .WithTrackingName(StepNames.Declarations);
        IncrementalValueProvider<AppReferences> references = context.CompilationProvider
            .Select(static (compilation, _) => AppReferences.Of(compilation))
            .WithTrackingName(StepNames.References);
        IncrementalValuesProvider<Described> models = manifests
            .Combine(rootNamespace.Combine(declarations).Combine(references))
            .Select(static (pair, _) => ModelDescriber.Describe(pair.Left.Path, pair.Left.Text, new AppFacts(pair.Right.Left.Left, pair.Right.Left.Right, pair.Right.Right)))
            .WithTrackingName(StepNames.Models);
        IncrementalValueProvider<EquatableArray<TypeCollision>> collisions = models
            .Where(static described => described.Model is not null)
            .Select(static (described, _) => new DeclaredTypes(
                described.Path, described.Model!.Name, new EquatableArray<string>(described.Model.TypeNames.Select(described.Model.FullName))))
            .Collect()
            .Select(static (declared, _) => TypeCollision.Find(declared))
            .WithTrackingName(StepNames.Collisions);
        IncrementalValuesProvider<ModelFile> files = models
            .Combine(collisions)
            .Select(static (pair, _) => ModelFile.Of(pair.Left, pair.Right))
            .WithTrackingName(StepNames.Sources);
        IncrementalValuesProvider<DiagnosticInfo> strays = models
            .Select(static (described, _) => described.Name)
            .Collect()
            .Combine(declarations)
            .SelectMany(static (pair, _) => Stray(pair.Left, pair.Right));
        context.RegisterSourceOutput(strays, static (output, diagnostic) => output.ReportDiagnostic(diagnostic.ToDiagnostic()));
        IncrementalValueProvider<LanguageVersion> language = context.ParseOptionsProvider
            .Select(static (options, _) => ((CSharpParseOptions)options).LanguageVersion);
        context.RegisterSourceOutput(files.Combine(language), static (output, pair) => Add(output, pair.Left, pair.Right));
    }

    private static bool IsModel(AdditionalText file, AnalyzerConfigOptionsProvider options) =>
        options.GetOptions(file).TryGetValue(ModelMetadata, out string? model) && !string.IsNullOrWhiteSpace(model);

    /// <summary>Classes with the attribute that no model belongs to, and those that no class can be generated into.</summary>
    private static IEnumerable<DiagnosticInfo> Stray(ImmutableArray<string> models, EquatableArray<Declaration> declarations)
    {
        foreach (Declaration declaration in declarations)
        {
            if (declaration.Nested)
                yield return declaration.Report(PruneDiagnostics.DeclarationNotUsable, declaration.ClassName, "it is generic or inside another type");
            else if (!models.Contains(declaration.Model))
                yield return declaration.Report(PruneDiagnostics.DeclarationNotUsable, declaration.ClassName, $"no model is called '{declaration.Model}'; the project has {(models.Length == 0 ? "none" : string.Join(", ", models))}");
            else if (declarations.First(other => other.Model == declaration.Model && !other.Nested) != declaration)
                yield return declaration.Report(PruneDiagnostics.DeclarationNotUsable, declaration.ClassName, $"another class stands for the model '{declaration.Model}' already");
        }
    }

    private static void Add(SourceProductionContext output, ModelFile file, LanguageVersion language)
    {
        foreach (DiagnosticInfo diagnostic in file.Diagnostics)
            output.ReportDiagnostic(diagnostic.ToDiagnostic());
        if (file.Text is null)
            return;
        if (language < LanguageVersion.CSharp11)
        {
            output.ReportDiagnostic(Diagnostic.Create(
                Descriptors.Of(PruneDiagnostics.LanguageTooOld), Location.None, language.ToDisplayString(), file.HintName));
            return;
        }
        output.AddSource(file.HintName, SourceText.From(file.Text, Encoding.UTF8));
    }
}
