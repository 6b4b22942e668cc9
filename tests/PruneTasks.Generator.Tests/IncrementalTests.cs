using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using PruneTasks.Generator.Tests.Harness;

namespace PruneTasks.Generator.Tests;

/// <summary>What runs again after an edit; 'Cached' and 'Unchanged' mean that nothing after the step does.</summary>
public sealed class IncrementalTests
{
    private static readonly ManifestFile Vit = new("vit.json", ManifestText.Vit().ToString());
    private static readonly ManifestFile Other = new("other.json", new ManifestText("Other", "other").Input("x", "float32", 3).Output("y", "float32", 3).ToString());

    [Fact]
    public void Typing_elsewhere_regenerates_nothing()
    {
        GeneratorHost host = new([Vit, Other]);
        host.Input = host.Input.AddSyntaxTrees(CSharpSyntaxTree.ParseText("class Typed { }", (CSharpParseOptions)host.Input.SyntaxTrees.First().Options));
        host.Run();
        Assert.All(
            new[] { StepNames.Manifests, StepNames.Models, StepNames.Collisions, StepNames.Sources },
            step => Assert.All(Reasons(host, step), reason => Assert.Equal(IncrementalStepRunReason.Cached, reason)));
        AssertOutputsCached(host);
    }

    [Fact]
    public void A_manifest_written_again_with_the_same_content_regenerates_nothing()
    {
        GeneratorHost host = new([Vit, Other]);
        host.Rewrite(Vit);
        host.Run();
        Assert.Equal([IncrementalStepRunReason.Unchanged, IncrementalStepRunReason.Cached], Reasons(host, StepNames.Manifests));
        Assert.All(Reasons(host, StepNames.Sources), reason => Assert.Equal(IncrementalStepRunReason.Cached, reason));
        AssertOutputsCached(host);
    }

    [Fact]
    public void A_manifest_that_says_the_same_in_other_words_stops_at_the_model()
    {
        GeneratorHost host = new([Vit, Other]);
        host.Rewrite(Vit with { Text = "\n" + Vit.Text });
        host.Run();
        Assert.Equal([IncrementalStepRunReason.Modified, IncrementalStepRunReason.Cached], Reasons(host, StepNames.Manifests));
        Assert.Equal([IncrementalStepRunReason.Unchanged, IncrementalStepRunReason.Cached], Reasons(host, StepNames.Models));
        AssertOutputsCached(host);
    }

    [Fact]
    public void A_changed_manifest_regenerates_that_model_alone()
    {
        GeneratorHost host = new([Vit, Other]);
        host.Rewrite(new ManifestFile("other.json", new ManifestText("Other", "other").Input("x", "int64", 3).Output("y", "float32", 3).ToString()));
        host.Run();
        Assert.Equal([IncrementalStepRunReason.Cached, IncrementalStepRunReason.Modified], Reasons(host, StepNames.Sources));
        Assert.Equal(
            [IncrementalStepRunReason.Cached, IncrementalStepRunReason.Modified],
            Outputs(host).OrderBy(reason => reason == IncrementalStepRunReason.Modified));
    }

    [Fact]
    public void New_options_with_equal_values_regenerate_nothing_and_another_namespace_everything()
    {
        GeneratorHost host = new([Vit, Other]);
        host.ReplaceOptions([Vit, Other], "App");
        host.Run();
        AssertOutputsCached(host);
        host.ReplaceOptions([Vit, Other], "Else");
        host.Run();
        Assert.All(Outputs(host), reason => Assert.Equal(IncrementalStepRunReason.Modified, reason));
        Assert.All(host.Result.GeneratedSources, source => Assert.Contains("namespace Else;", source.SourceText.ToString()));
    }

    [Fact]
    public void Two_runs_give_the_same_bytes()
    {
        Assert.Equal(new GeneratorHost([Vit]).Source, new GeneratorHost([Vit]).Source);
        Assert.DoesNotContain('\r', new GeneratorHost([Vit]).Source);
    }

    private static void AssertOutputsCached(GeneratorHost host) =>
        Assert.All(Outputs(host), reason => Assert.Equal(IncrementalStepRunReason.Cached, reason));

    private static IncrementalStepRunReason[] Reasons(GeneratorHost host, string step) =>
        [.. host.Result.TrackedSteps[step].SelectMany(run => run.Outputs).Select(output => output.Reason)];

    private static IncrementalStepRunReason[] Outputs(GeneratorHost host) =>
        [.. host.Result.TrackedOutputSteps.SelectMany(step => step.Value).SelectMany(run => run.Outputs).Select(output => output.Reason)];
}
