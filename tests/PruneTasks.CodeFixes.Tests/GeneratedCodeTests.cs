using PruneTasks.CodeFixes.Tests.Harness;
using PruneTasks.Generator.Tests.Harness;

namespace PruneTasks.CodeFixes.Tests;

/// <summary>The analyzers on what the generator really writes: it must mark its types and lengths.</summary>
public sealed class GeneratedCodeTests
{
    private static readonly string Manifest = ManifestText.Vit().ToString();

    [Fact]
    public Task Marks_are_where_the_analyzers_look() => Verify.ReportsOn(Manifest, """
        Vit vit = new();
        var output = vit.Run(new float[3000]);
        bool isCat = vit.Classify(default).Label.ToText() == "cat";
        for (int i = 0; i < 2; i++) { using Vit again = new(); again.Classify(default); }
        Console.WriteLine(output.Logits.Span[0]);
        """, "PRUNE0501", "PRUNE0501", "PRUNE0504", "PRUNE0505", "PRUNE0502");

    [Fact]
    public Task Good_code_is_left_alone() => Verify.ReportsOn(Manifest, """
        using Vit vit = new();
        using var output = vit.Run(new float[2 * Vit.ImageLength]);
        bool isCat = vit.Classify(default).Label == VitLabel.Cat;
        foreach (string file in args) vit.Classify(default);
        Console.WriteLine(output.Logits.Span[0]);
        """);
}
