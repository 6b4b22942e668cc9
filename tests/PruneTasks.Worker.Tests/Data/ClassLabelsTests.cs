using PruneTasks.Worker.Data;

namespace PruneTasks.Worker.Tests.Data;

public class ClassLabelsTests
{
    [Fact]
    public void A_folder_named_as_a_label_has_its_index_at_any_depth()
    {
        var labels = new ClassLabels(["cat", "golden retriever"], 2, ["x/y/Golden_Retriever/1.png"]);
        Assert.Equal(1, labels.Of("x/y/Golden_Retriever/1.png").Label);
        Assert.Equal(0, labels.Of("cat/other/1.png").Label);
        Assert.Null(labels.Of("dog/1.png").Label);
    }

    [Fact]
    public void Without_labels_sorted_folders_are_the_classes_if_they_are_as_many()
    {
        string[] paths = ["b/1.png", "a/1.png", "c/1.png"];
        Assert.Equal(1, new ClassLabels(null, 3, paths).Of("b/1.png").Label);
        Assert.Null(new ClassLabels(null, 10, paths).Of("b/1.png").Label);
    }

    [Fact]
    public void Without_labels_a_folder_that_is_a_number_is_its_class()
    {
        string[] paths = ["3/1.png", "7/1.png"];
        Assert.Equal(7, new ClassLabels(null, 10, paths).Of("7/1.png").Label);
        Assert.Null(new ClassLabels(null, 5, paths).Of("7/1.png").Label);
    }

    [Fact]
    public void Labels_that_a_folder_cannot_tell_apart_are_not_used()
    {
        var labels = new ClassLabels(["Crane", "crane", "heron"], 3, []);
        Assert.Null(labels.Of("crane/1.png").Label);
        Assert.Equal(2, labels.Of("heron/1.png").Label);
    }
}
