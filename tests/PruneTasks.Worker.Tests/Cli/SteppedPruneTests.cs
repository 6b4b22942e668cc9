using System.Diagnostics;
using System.Text.Json;
using PruneTasks.Spec.Contracts;
using PruneTasks.Spec.Diagnostics;
using PruneTasks.Worker.Pipeline;
using PruneTasks.Worker.Running;

namespace PruneTasks.Worker.Tests.Cli;

/// <summary>A build in steps through the whole worker: its report, its checkpoint, and what a killed run leaves.</summary>
public sealed class SteppedPruneTests : IDisposable
{
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_run_that_is_cancelled_goes_on_to_the_same_bytes_and_leaves_no_checkpoint()
    {
        string spec = Spec(steps: 3);
        byte[] whole = File.ReadAllBytes(Prune(spec, "whole").Files!.Model);
        Assert.False(Directory.Exists(_folder.File("whole/checkpoint")));

        using CancellationTokenSource stop = new();
        // The line of the second step: the first is saved by then, the second is not.
        Assert.Throws<OperationCanceledException>(() => Run(spec, "pieces", line => { if (line.StartsWith("step 2", StringComparison.Ordinal)) stop.Cancel(); }, stop.Token));
        Assert.True(File.Exists(_folder.File("pieces/checkpoint/step.json")));
        Assert.False(File.Exists(_folder.File("pieces/result.json")));

        List<string> lines = [];
        PruneResult resumed = Run(spec, "pieces", lines.Add, TestContext.Current.CancellationToken);
        Assert.Contains(lines, line => line.StartsWith("going on after step", StringComparison.Ordinal));
        Assert.Equal(whole, File.ReadAllBytes(resumed.Files!.Model));
        Assert.False(Directory.Exists(_folder.File("pieces/checkpoint")));
        Assert.Equal(Attempts("whole"), Attempts("pieces"));
    }

    [Fact]
    public void A_checkpoint_of_another_spec_or_a_damaged_one_is_not_used()
    {
        using CancellationTokenSource stop = new();
        string spec = Spec(steps: 3);
        Assert.Throws<OperationCanceledException>(() => Run(spec, "out", line => { if (line.StartsWith("step 2", StringComparison.Ordinal)) stop.Cancel(); }, stop.Token));
        string weights = Directory.GetFiles(_folder.File("out/checkpoint"), "*.weights").Single();
        byte[] bytes = File.ReadAllBytes(weights);
        bytes[^1] ^= 1;
        File.WriteAllBytes(weights, bytes);
        List<string> lines = [];
        using CancellationTokenSource again = new();
        Assert.Throws<OperationCanceledException>(() => Run(spec, "out", Stopping(lines, again), again.Token));
        Assert.DoesNotContain(lines, line => line.StartsWith("going on", StringComparison.Ordinal));

        using CancellationTokenSource third = new();
        lines.Clear();
        Assert.Throws<OperationCanceledException>(() => Run(Spec(steps: 3, seed: 7), "out", Stopping(lines, third), third.Token));
        Assert.DoesNotContain(lines, line => line.StartsWith("going on", StringComparison.Ordinal));

        static Action<string> Stopping(List<string> lines, CancellationTokenSource stop) => line =>
        {
            lines.Add(line);
            if (line.StartsWith("step 1", StringComparison.Ordinal)) stop.Cancel();
        };
    }

    [Fact]
    public async Task A_worker_that_is_killed_leaves_a_step_from_which_the_next_one_reaches_the_same_bytes()
    {
        string spec = Spec(steps: 6);
        byte[] whole = File.ReadAllBytes(Prune(spec, "whole").Files!.Model);
        string state = _folder.File("killed/checkpoint/step.json");
        using (Process worker = Start(spec, "killed"))
        {
            while (!File.Exists(state) && !worker.HasExited) await Task.Delay(2, TestContext.Current.CancellationToken);
            Assert.False(worker.HasExited, "the worker ended before its first step was kept");
            worker.Kill();
            await worker.WaitForExitAsync(TestContext.Current.CancellationToken);
        }
        Assert.True(File.Exists(state));
        Assert.False(File.Exists(_folder.File("killed/result.json")));
        using (Process worker = Start(spec, "killed"))
        {
            string error = await worker.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            await worker.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.True(worker.ExitCode == 0, error);
            Assert.Contains("going on after step", error, StringComparison.Ordinal);
        }
        Assert.Equal(whole, File.ReadAllBytes(_folder.File("killed/text.pruned.onnx")));
        Assert.False(Directory.Exists(_folder.File("killed/checkpoint")));
    }

    [Fact]
    public void The_report_has_every_attempt_and_a_stop_before_the_target_is_a_warning()
    {
        PruneResult result = Prune(Spec(steps: 2, more: "quality: { metric: kl, max-drop: 1e-12, on-miss: warn }"), "out");
        PruneDiagnostic warning = Assert.Single(result.Diagnostics, d => d.Id == "PRUNE0420");
        Assert.Contains("above", warning.Message, StringComparison.Ordinal);
        JsonElement steps = JsonDocument.Parse(File.ReadAllText(result.Files!.Report)).RootElement.GetProperty("steps");
        Assert.False(steps.GetProperty("complete").GetBoolean());
        Assert.Equal(3, steps.GetProperty("attempts").EnumerateArray().Count(a => !a.GetProperty("accepted").GetBoolean()));
        string page = File.ReadAllText(result.Files.Html);
        Assert.Contains("<h2>Steps</h2>", page, StringComparison.Ordinal);
        Assert.Contains("<svg", page, StringComparison.Ordinal);
    }

    [Fact]
    public void A_buffer_that_cannot_act_is_a_warning()
    {
        Assert.Contains(Prune(Spec(steps: 1, capacity: 0.5), "one").Diagnostics, d => d.Id == "PRUNE0421" && d.Message.Contains("prune.buffer.capacity", StringComparison.Ordinal));
        Assert.Contains(Prune(Spec(steps: 3, method: "magnitude"), "other").Diagnostics, d => d.Id == "PRUNE0421" && d.Message.Contains("prune.buffer.steps", StringComparison.Ordinal));
    }

    [Fact]
    public void Distillation_runs_between_the_steps_and_after_the_last()
    {
        PruneResult result = Prune(Spec(steps: 2, distill: 3), "out");
        JsonElement root = JsonDocument.Parse(File.ReadAllText(result.Files!.Report)).RootElement;
        JsonElement[] attempts = [.. root.GetProperty("steps").GetProperty("attempts").EnumerateArray()];
        Assert.Equal([JsonValueKind.Number, JsonValueKind.Null], attempts.Select(a => a.GetProperty("lossAfterTraining").ValueKind));
        Assert.Equal(JsonValueKind.Object, root.GetProperty("distill").ValueKind);
    }

    private List<string> Attempts(string output) => [.. JsonDocument.Parse(File.ReadAllText(_folder.File($"{output}/report.json"))).RootElement
        .GetProperty("steps").GetProperty("attempts").EnumerateArray().Select(a => a.GetRawText())];

    private PruneResult Prune(string spec, string output) => Run(spec, output, _ => { }, TestContext.Current.CancellationToken);

    private PruneResult Run(string spec, string output, Action<string> log, CancellationToken cancellation) =>
        new PruneRun(new PrunePipeline(), log).Run(new PruneRequest { Spec = spec, Output = _folder.File(output) }, [], cancellation);

    private Process Start(string spec, string output)
    {
        ProcessStartInfo start = new("dotnet") { RedirectStandardError = true };
        foreach (string argument in (string[])["exec", "--roll-forward", "Major", typeof(PruneRun).Assembly.Location, "prune", "--spec", spec, "--output", _folder.File(output)]) start.ArgumentList.Add(argument);
        return Process.Start(start)!;
    }

    private string Spec(int steps, int seed = 42, double capacity = 0.25, string method = "sequential", int distill = 0, string more = "")
    {
        Assert.SkipUnless(SharedData.Folder is not null, SharedData.Missing);
        string folder = SharedData.Path("models/text-encoder-toy-102k");
        return _folder.Write("text.prune.yaml", $$"""
            version: 1
            model: {{folder}}/text_encoder_toy_op17.onnx
            task: text-classification
            data:
              personal: { path: "{{folder}}/expected.npz", samples: 64 }
            prune:
              seed: {{seed}}
              ratios: { ffn: 0.75, qk: 0.5, vo: 0.5 }
              method: {{method}}
              distill: { steps: {{distill}} }
              buffer: { steps: {{steps}}, capacity: {{capacity.ToString(System.Globalization.CultureInfo.InvariantCulture)}} }
            {{more}}
            """);
    }
}
