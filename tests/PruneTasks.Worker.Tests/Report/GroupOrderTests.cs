using PruneTasks.Worker.Report;

namespace PruneTasks.Worker.Tests.Report;

public sealed class GroupOrderTests
{
    [Fact]
    public void Groups_stand_in_front_of_the_other_places_of_their_layer_and_open_its_block()
    {
        (string Kind, string Name)[] sites = [("qk", "a.softmax"), ("vo", "a"), ("ffn", "f"), ("qk", "b.softmax"), ("vo", "b"), ("ffn", "g")];
        IReadOnlyList<(string Kind, string Name)> all = GroupOrder.Merge<(string Kind, string Name)>([("group", "a"), ("group", "b")], sites, s => s.Kind, s => s.Name);
        Assert.Equal(["group a", "qk a.softmax", "vo a", "ffn f", "group b", "qk b.softmax", "vo b", "ffn g"], all.Select(s => $"{s.Kind} {s.Name}"));
        Assert.Equal([1, 1, 1, 1, 2, 2, 2, 2], BlockNumbers.Of(all.Select(s => s.Kind)));
    }

    [Fact]
    public void A_group_whose_layer_has_no_other_place_is_listed_all_the_same() =>
        Assert.Equal(["lost", "f"], GroupOrder.Merge([("group", "lost")], [("ffn", "f")], s => s.Item1, s => s.Item2).Select(s => s.Item2));
}
