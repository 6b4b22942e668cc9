using System.Reflection;
using System.Text;
using Microsoft.ML.OnnxRuntime;
using PruneTasks.Generator.Describing;
using PruneTasks.Generator.Tests.Harness;
using PruneTasks.Tests;

namespace PruneTasks.Generator.Tests;

/// <summary>Every model of ../shared with recorded inputs and outputs, through its generated request; all in one compilation.</summary>
[Collection(nameof(AllocationCollection))]
public sealed class AllModelsTests
{
    private const int Runs = 13, Warm = 3, Rounds = 4;

    [Fact]
    public void Every_model_gives_what_was_recorded_and_allocates_nothing_per_run()
    {
        string folder = Path.GetDirectoryName(Path.GetDirectoryName(SharedModels.Require("gesture-keypoint/keypoint_classifier.onnx"))!)!;
        Case[] cases = [.. Directory.GetFiles(folder, "*.ort1311_io.npz", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Select(Case.Of)];
        Assert.True(cases.Length > 15);
        GeneratorHost host = new(cases.Select(one => one.File), "public static class Entry {\n" + string.Concat(cases.Select(one => one.Code)) + "}");
        Assembly app = host.Load(cases[0].Resource, cases[0].Bytes, [.. cases.Skip(1).Select(one => (one.Resource, one.Bytes))]);

        foreach (Case one in cases)
        {
            object[] arguments = [one.Inputs.Select(input => input.Values).ToArray(), 0L];
            Array[] outputs = (Array[])app.GetType("Entry")!.GetMethod(one.ClassName)!.Invoke(null, BindingFlags.DoNotWrapExceptions, null, arguments, null)!;
            for (int i = 0; i < outputs.Length; i++)
                AssertClose(one, one.Outputs[i].Values, outputs[i]);
            Assert.True((long)arguments[1] == 0, $"{one.Name} allocated {arguments[1]} bytes in {Runs - Warm} runs");
        }
    }

    private static void AssertClose(Case one, Array expected, Array actual)
    {
        Assert.Equal(expected.GetType(), actual.GetType());
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            double wanted = Number(expected.GetValue(i)!), found = Number(actual.GetValue(i)!);
            Assert.True(Math.Abs(wanted - found) <= 1e-5 * Math.Max(1, Math.Abs(wanted)), $"{one.Name}[{i}]: {found} instead of {wanted}");
        }
    }

    private static double Number(object value) => value is Half half ? (double)half : Convert.ToDouble(value, System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>A model, its manifest as the build writes it, and the code that runs it.</summary>
    private sealed record Case(string Name, string ClassName, string Resource, byte[] Bytes, ManifestFile File, Recorded[] Inputs, Recorded[] Outputs, string Code)
    {
        public static Case Of(string recorded, int index)
        {
            string file = recorded.Replace(".ort1311_io.npz", ".onnx", StringComparison.Ordinal);
            string className = $"Model{index}", name = $"m{index}";
            IReadOnlyDictionary<string, Recorded> arrays = Recorded.Read(recorded);
            byte[] bytes = System.IO.File.ReadAllBytes(file);
            using InferenceSession session = new(bytes);
            ManifestText manifest = new(className, name);
            foreach ((string tensor, NodeMetadata facts) in session.InputMetadata)
                manifest.Input(tensor, Type(facts), Shape(facts));
            foreach ((string tensor, NodeMetadata facts) in session.OutputMetadata)
                manifest.Output(tensor, Type(facts), Shape(facts));
            ModelDescription model = ModelDescriber.Describe("m.json", manifest.ToString(), new AppFacts("App", EquatableArray<Declaration>.Empty, AppReferences.None)).Model!;
            Recorded[] inputs = [.. model.Inputs.Select(input => arrays[Recorded.Name("in", input.OnnxName)])];
            Recorded[] outputs = [.. model.Outputs.Select(output => arrays[Recorded.Name("out", output.OnnxName)])];
            return new Case(
                Path.GetFileName(file), className, $"PruneTasks.{name}.onnx", bytes, new ManifestFile(name + ".json", manifest.ToString()), inputs, outputs, Write(model, inputs));
        }

        private static string Write(ModelDescription model, Recorded[] inputs)
        {
            StringBuilder code = new();
            int[] axes = new int[model.Axes.Count];
            for (int i = 0; i < inputs.Length; i++)
            {
                for (int j = 0; j < inputs[i].Shape.Length; j++)
                {
                    if (model.Inputs[i].Template![j] is < 0 and int axis)
                        axes[-1 - axis] = inputs[i].Shape[j];
                }
            }
            string capacity = axes.Length > 1 ? $"new App.{model.AxesRecord}({string.Join(", ", axes)})" : string.Join(", ", axes);
            code.AppendLine($"public static System.Array[] {model.ClassName}(System.Array[] inputs, out long allocated) {{");
            code.AppendLine($"using var model = new App.{model.ClassName}(new PruneTasks.ModelOptions {{ IntraOpThreads = 1 }}); using var request = model.CreateRequest({capacity});");
            // What a run allocates, every round shows; what the runtime allocates once, the last does not.
            code.AppendLine($"allocated = 1; for (int round = 0; round < {Rounds} && allocated != 0; round++) {{");
            code.AppendLine($"long before = 0; for (int i = 0; i < {Runs}; i++) {{ if (i == {Warm}) before = System.GC.GetAllocatedBytesForCurrentThread();");
            for (int i = 0; i < inputs.Length; i++)
            {
                InputDescription input = model.Inputs[i];
                code.AppendLine(input.IsScalar
                    ? $"request.{input.Property} = (({input.CSharpType}[])inputs[{i}])[0];"
                    : $"System.MemoryExtensions.CopyTo(({input.CSharpType}[])inputs[{i}], request.{input.Property});");
            }
            code.AppendLine("request.Run(); } allocated = System.GC.GetAllocatedBytesForCurrentThread() - before; }");
            IEnumerable<string> outputs = model.Outputs.Select(output => output.IsScalar ? $"new[] {{ request.{output.RequestProperty} }}" : $"request.{output.RequestProperty}.Span.ToArray()");
            return code.AppendLine($"return new System.Array[] {{ {string.Join(", ", outputs)} }}; }}").ToString();
        }

        private static string Type(NodeMetadata facts) => facts.ElementDataType switch
        {
            Microsoft.ML.OnnxRuntime.Tensors.TensorElementType.Float => "float32",
            Microsoft.ML.OnnxRuntime.Tensors.TensorElementType.Float16 => "float16",
            Microsoft.ML.OnnxRuntime.Tensors.TensorElementType.Int32 => "int32",
            Microsoft.ML.OnnxRuntime.Tensors.TensorElementType.Int64 => "int64",
            var other => throw new NotSupportedException(other.ToString()),
        };

        private static object?[] Shape(NodeMetadata facts) => [.. facts.Dimensions.Select((size, i) =>
            size >= 0 ? size : facts.SymbolicDimensions[i] is { Length: > 0 } symbol ? symbol : (object?)null)];
    }
}
