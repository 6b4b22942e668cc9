using PruneTasks.Generator.Naming;

namespace PruneTasks.Generator.Tests;

public sealed class NamesTests
{
    [Theory]
    [InlineData("input", "Input")]
    [InlineData("pixel_values", "PixelValues")]
    [InlineData("serving_default_input_1:0", "ServingDefaultInput1")]
    [InlineData("x.1", "X")]
    [InlineData("x.12:0", "X")]
    [InlineData("INPUT_IDS", "InputIds")]
    [InlineData("Plus214_Output_0", "Plus214Output0")]
    [InlineData("hiddenState", "HiddenState")]
    [InlineData("/model/head/MatMul_output_0", "ModelHeadMatMulOutput0")]
    [InlineData("495", "Tensor495")]
    [InlineData("3d_points", "Tensor3dPoints")]
    [InlineData("", "Tensor")]
    [InlineData("::", "Tensor")]
    [InlineData("größe", "Größe")]
    [InlineData("画像", "画像")]
    [InlineData("a\u200db", "AB")]
    [InlineData("__x__", "X")]
    [InlineData("😀", "Tensor")]
    public void Tensor_names_become_pascal_case(string name, string expected) =>
        Assert.Equal(expected, Identifiers.Tensor(name, "Tensor"));

    [Theory]
    [InlineData("golden retriever", "GoldenRetriever")]
    [InlineData("tench, Tinca tinca", "TenchTincaTinca")]
    [InlineData("7", "_7")]
    [InlineData("2 dogs", "_2Dogs")]
    [InlineData("a", "A")]
    [InlineData("A", "A")]
    [InlineData("class", "Class")]
    [InlineData("+", "Label42")]
    [InlineData("", "Label42")]
    [InlineData("don't", "DonT")]
    [InlineData("C#", "C")]
    public void Labels_become_members(string text, string expected) => Assert.Equal(expected, Identifiers.Label(text, 42));

    [Theory]
    [InlineData("", "")]
    [InlineData("App.Models", "App.Models")]
    [InlineData("My-App.1st", "My_App._1st")]
    [InlineData("a.class.event", "a.@class.@event")]
    [InlineData("..A. .B.", "A.B")]
    [InlineData("Ünï.コード", "Ünï.コード")]
    public void Namespaces_are_made_valid_segment_by_segment(string text, string expected) => Assert.Equal(expected, Identifiers.Namespace(text));

    [Fact]
    public void The_first_of_equal_names_keeps_it_and_the_others_carry_their_index()
    {
        Assert.Equal(["Crane", "A", "Crane2", "Crane3"], UniqueNames.Of(["Crane", "A", "Crane", "Crane"], i => i));
        // 'A2' is a label of its own, so the third 'A' cannot be called so.
        Assert.Equal(["A", "A2", "A2_"], UniqueNames.Of(["A", "A2", "A"], i => i));
        Assert.Equal(["Dispose1", "B"], UniqueNames.Of(["Dispose", "B"], i => i + 1, "Dispose"));
    }

    [Fact]
    public void A_very_long_label_stays_within_what_the_compiler_takes() =>
        Assert.Equal(200, Identifiers.Label(new string('x', 2000), 0).Length);
}
