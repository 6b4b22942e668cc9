using PruneTasks.Spec.Contracts;
using PruneTasks.Spec.Diagnostics;
using PruneTasks.Spec.Onnx;

namespace PruneTasks.Spec.Tests.Contracts;

public sealed class ClassSelectionTests
{
    private const string Labels = "version: 1\ntask: image-classification\nlabels: [ant, bee, cat, dog]\n";

    [Fact]
    public void Labels_and_outputs_shrink_to_the_classes_in_the_order_of_the_spec()
    {
        ManifestResult built = Build(Labels + "prune: { classes: [dog, 0, Bee] }", Output("features", "n", 7), Output("scores", "n", 4), Output("copy", "n", 4));
        Assert.Empty(built.Diagnostics);
        Assert.Equal([3, 0, 1], built.Classes!.Classes);
        Assert.Equal((1, 4), (built.Classes.Output, built.Classes.Of));
        Assert.Equal(["dog", "ant", "bee"], built.Manifest!.Labels!);
        Assert.Equal(["ant", "bee", "cat", "dog"], built.AllLabels!);
        Assert.Equal(["n, 7", "n, 3", "n, 4"], built.Manifest.Outputs.Select(o => string.Join(", ", o.Axes!)));
        Assert.Equal((0, 1, null), (built.Classes.NewNumber(3), built.Classes.NewNumber(0), built.Classes.NewNumber(2)));
    }

    [Fact]
    public void Without_labels_the_output_tells_how_many_classes_there_are()
    {
        ManifestResult built = Build("version: 1\nprune: { classes: [9, 2] }", Output("scores", 1, 10, 1, 1));
        Assert.Equal([9, 2], built.Classes!.Classes);
        Assert.Null(built.Manifest!.Labels);
        Assert.Equal("1, 2, 1, 1", string.Join(", ", built.Manifest.Outputs[0].Axes!));
    }

    [Fact]
    public void A_label_that_is_a_number_is_a_label_first()
    {
        ManifestResult built = Build("version: 1\nlabels: [\"1\", \"2\", \"0\"]\nprune: { classes: [0, 1] }", Output("scores", "n", 3));
        Assert.Equal([2, 0], built.Classes!.Classes);
    }

    [Theory]
    [InlineData("- dog\n    - cow", 7, "'cow'")]
    [InlineData("- dgo\n    - ant", 6, "did you mean 'dog'?")]
    [InlineData("- ant\n    - 4", 7, "a number from 0 to 3")]
    [InlineData("- ant\n    - bee\n    - 0", 8, "a second time")]
    [InlineData("- ant", 6, "at least two classes")]
    public void An_unknown_class_is_an_error_at_its_line(string classes, int line, string text)
    {
        ManifestResult built = Build(Labels + $"prune:\n  classes:\n    {classes}", Output("scores", "n", 4));
        PruneDiagnostic error = Assert.Single(built.Diagnostics);
        Assert.Equal(("PRUNE0003", line), (error.Id, error.Line));
        Assert.Contains(text, error.Message, StringComparison.Ordinal);
        Assert.Null(built.Manifest);
    }

    [Fact]
    public void A_model_without_known_classes_and_a_task_without_classes_are_errors()
    {
        Assert.Equal("PRUNE0003", Assert.Single(Build("version: 1\nprune: { classes: [0, 1] }", Output("y", "n", "m")).Diagnostics).Id);
        Assert.Equal("PRUNE0009", Assert.Single(Build("version: 1\ntask: causal-lm\nprune: { classes: [0, 1] }", Output("y", "n", 512)).Diagnostics).Id);
        // Open in the file, known from the labels.
        Assert.Equal([1, 2], Build(Labels + "prune: { classes: [1, 2] }", Output("y", "n", "m")).Classes!.Classes);
    }

    private static ManifestResult Build(string yaml, params TensorSignature[] outputs)
    {
        SpecReadResult read = PruneSpecReader.Read(yaml, "vit.prune.yaml");
        Assert.Empty(read.Diagnostics);
        return ManifestBuilder.Build(read.Spec!, new ModelSignature
        {
            IrVersion = 8, Producer = "", ProducerVersion = "", Opsets = [], Outputs = outputs, ExternalFiles = [],
            Inputs = [Output("x", "n", 3, 32, 32)],
        });
    }

    private static TensorSignature Output(string name, params object[] axes) =>
        new(name, ElementType.Float32, [.. axes.Select(axis => axis is int size ? new AxisSignature(size, null) : new AxisSignature(null, (string)axis))]);
}
