namespace PruneTasks.Pruning.Tests;

public sealed class IndexTensorTests
{
    private static readonly IndexTensor Cube = IndexTensor.Identity([2, 3, 4]);

    [Fact]
    public void Transpose_moves_elements_as_ONNX_does()
    {
        IndexTensor t = Cube.Transpose([2, 0, 1]);
        Assert.Equal([4, 2, 3], t.Shape);
        Assert.Equal([0, 4, 8, 12, 16, 20, 1, 5, 9, 13, 17, 21, 2, 6, 10, 14, 18, 22, 3, 7, 11, 15, 19, 23], t.Ids);
    }

    [Fact]
    public void Transposing_back_restores_the_order() => Assert.Equal(Cube.Ids, Cube.Transpose([2, 0, 1]).Transpose([1, 2, 0]).Ids);

    [Fact]
    public void Select_keeps_the_order_that_is_asked_for()
    {
        IndexTensor t = Cube.Select(1, [2, 0]);
        Assert.Equal([2, 2, 4], t.Shape);
        Assert.Equal([8, 9, 10, 11, 0, 1, 2, 3, 20, 21, 22, 23, 12, 13, 14, 15], t.Ids);
    }

    [Fact]
    public void AlongAxis_is_null_where_entries_depend_on_other_axes()
    {
        Assert.Equal([0, 1, 2, 3], Cube.AlongAxis(2, id => id % 4)!);
        Assert.Equal([0, 1, 2], Cube.AlongAxis(1, id => id / 4 % 3)!);
        Assert.Null(Cube.AlongAxis(1, id => id % 4));
    }

    [Fact]
    public void A_transposed_tensor_is_known_without_writing_it_out()
    {
        IndexTensor square = IndexTensor.Identity([3, 3, 2]);
        Assert.True(square.Transpose([1, 0, 2]).IsTransposed(square, [1, 0, 2]));
        Assert.False(square.Transpose([1, 0, 2]).IsTransposed(square, [0, 1, 2]));
        Assert.False(square.Transpose([2, 0, 1]).IsTransposed(square, [1, 0, 2]));
    }

    [Fact]
    public void A_shape_must_fit_its_entries() => Assert.Throws<ArgumentException>(() => new IndexTensor([2, 2], [1, 2, 3]));
}
