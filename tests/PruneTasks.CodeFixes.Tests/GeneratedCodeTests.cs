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
        using VitRequest request = vit.CreateRequest();
        request.Run();
        ReadOnlySpan<float> first = request.Logits.Span;
        request.Run();
        Console.WriteLine(first[0]);
        Parallel.For(0, 8, i => request.Run());
        """, "PRUNE0501", "PRUNE0501", "PRUNE0504", "PRUNE0505", "PRUNE0502", "PRUNE0506", "PRUNE0503");

    [Fact]
    public Task Twins_are_found_on_requests() => Verify.ReportsOn(Manifest, """
        using Vit vit = await Vit.LoadAsync();
        using VitRequest request = vit.CreateRequest();
        await request.RunAsync();
        request.Run();
        """, "PRUNE0507");

    [Fact]
    public Task Good_code_is_left_alone() => Verify.ReportsOn(Manifest, """
        using Vit vit = new();
        using var output = vit.Run(new float[2 * Vit.ImageLength]);
        bool isCat = vit.Classify(default).Label == VitLabel.Cat;
        foreach (string file in args) vit.Classify(default);
        Console.WriteLine(output.Logits.Span[0]);
        """);
}
