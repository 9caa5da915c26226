using Kvasir.Benchmarks.Needle;
using Kvasir.Benchmarks.ScBench.Tasks;
using Kvasir.Benchmarks.ScBench.Workloads;
using Kvasir.Benchmarks.Sessions;

namespace Kvasir.Benchmarks.Compression;

/// <summary>A prompt and the answer that is read after it, the same for all methods.</summary>
/// <param name="Tokens">Context, question and the begin of the answer.</param>
/// <param name="Context">Tokens of the context alone.</param>
/// <param name="Answer">The reference answer.</param>
internal sealed record CompressionPrompt(int[] Tokens, int Context, int[] Answer)
{
    /// <summary>Prompts of some tasks in turn, each of another session.</summary>
    public static IReadOnlyList<CompressionPrompt> Make(SessionEngine session, IReadOnlyList<string> tasks, int count, int length, int seed)
    {
        var frame = session.Frame;
        var known = ScTasks.Of(ScForm.Small).ToDictionary(task => task.Name);
        var prompts = new List<CompressionPrompt>(count);
        for (var i = 0; i < count; i++)
        {
            var made = ScFitter.Fit(known[tasks[i % tasks.Count]], (seed * 10_007) + i, length - frame.Head.Length, text => frame.Encode(text).Length);
            int[] context = [.. frame.Head, .. frame.Encode(made.Prefix)];
            var turn = made.Turns[i % made.Turns.Count];
            prompts.Add(new CompressionPrompt([.. context, .. frame.Encode(turn.Question), .. frame.Tail, .. frame.Encode(turn.Prime)], context.Length, frame.Encode(turn.Golden)));
        }

        return prompts;
    }

    /// <summary>A pass key in texts that say nothing, at any depth.</summary>
    public static IReadOnlyList<CompressionPrompt> MakePassKeys(SessionEngine session, int count, int length, int seed)
    {
        var frame = session.Frame;
        var random = new Random(seed);
        var prompts = new List<CompressionPrompt>(count);
        for (var i = 0; i < count; i++)
        {
            var text = NeedleText.Create((seed * 10_007) + i, length - frame.Head.Length, random.NextDouble(), text => frame.Encode(text).Length);
            int[] context = [.. frame.Head, .. frame.Encode(text.Context)];
            prompts.Add(new CompressionPrompt([.. context, .. frame.Encode(NeedleText.Question), .. frame.Tail], context.Length, frame.Encode(text.Key)));
        }

        return prompts;
    }

    /// <summary>A conversation told in one go: its answer comes back to many places of the context, with everything between.</summary>
    public static IReadOnlyList<CompressionPrompt> MakeReturning(SessionEngine session, int count, int length, int returns, int seed)
    {
        var frame = session.Frame;
        var task = ScTasks.Of(ScForm.Small).First(task => task.Name == "kv");
        var prompts = new List<CompressionPrompt>(count);
        for (var i = 0; i < count; i++)
        {
            var made = ScFitter.Fit(task, (seed * 20_011) + i, length - frame.Head.Length, text => frame.Encode(text).Length);
            int[] context = [.. frame.Head, .. frame.Encode(made.Prefix)];
            var answer = new List<int>();
            for (var turn = 0; turn < returns; turn++)
            {
                var asked = made.Turns[turn % made.Turns.Count];
                if (turn > 0)
                    answer.AddRange([.. frame.Between, .. frame.Encode(asked.Question), .. frame.Tail]);
                answer.AddRange(frame.Encode(asked.Golden));
            }

            prompts.Add(new CompressionPrompt([.. context, .. frame.Encode(made.Turns[0].Question), .. frame.Tail], context.Length, [.. answer]));
        }

        return prompts;
    }
}
