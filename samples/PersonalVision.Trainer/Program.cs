using System.Globalization;
using PersonalVision.Trainer;
using static TorchSharp.torch;

const int DefaultSteps = 4500;

return args switch
{
    ["images", var sample] => Commands.Images(sample),
    ["preview", var file] => Commands.Preview(file),
    ["train", var weights, .. var rest] when Steps(rest) is { } steps => Commands.Train(weights, steps, Precision(rest)),
    ["export", var weights, var file] => Commands.Export(weights, file),
    ["all", var sample, .. var rest] when Steps(rest) is { } steps => All(sample, steps, Precision(rest)),
    _ => Usage(),
};

static int All(string sample, int steps, ScalarType precision)
{
    var weights = Path.Combine(Directory.CreateTempSubdirectory("glyphs").FullName, "glyphs.dat");
    return Commands.Images(sample) + Commands.Train(weights, steps, precision) == 0
        ? Commands.Export(weights, Path.Combine(sample, "glyphs.onnx"))
        : 1;
}

static int? Steps(string[] rest)
{
    string[] numbers = [.. rest.Where(word => word != "--bf16")];
    return numbers switch
    {
        [] => DefaultSteps,
        [var text] when int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var steps) && steps > 0 => steps,
        _ => null,
    };
}

static ScalarType Precision(string[] rest) => rest.Contains("--bf16") ? ScalarType.BFloat16 : ScalarType.Float32;

static int Usage()
{
    Console.Error.WriteLine("""
        usage: images  <sample folder>                      draw data/ and labels.txt
               train   <weights> [steps] [--bf16]           train the model (bfloat16 products where the processor has them)
               export  <weights> <file.onnx>                write it as ONNX, checked against ONNX Runtime
               all     <sample folder> [steps] [--bf16]     the three above
               preview <file.png>                           one picture of all classes in a dozen hands
        """);
    return 2;
}
