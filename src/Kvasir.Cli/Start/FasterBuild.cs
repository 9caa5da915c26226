using System.ComponentModel;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Kvasir.Numerics;

namespace Kvasir.Cli.Start;

/// <summary>
/// A native program has one instruction set, fixed when it was built. Where a build for AVX-512 lies beside it and the processor has that,
/// the process becomes that build; process id, arguments and environment stay.
/// </summary>
internal static partial class FasterBuild
{
    /// <summary>The file's name beside the program's.</summary>
    public const string Suffix = "-avx512";

    /// <summary>What the compiler's x86-64-v4 asks for.</summary>
    private static readonly string[] Needed = ["avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"];

    /// <summary>Becomes the other build where that is possible; returns otherwise.</summary>
    public static void Become(string[] args)
    {
        if (RuntimeFeature.IsDynamicCodeSupported || !OperatingSystem.IsLinux() || InstructionSets.Supported.Contains(InstructionSet.Avx512))
            return;
        if (Environment.ProcessPath is not { } program || !File.Exists(program + Suffix))
            return;
        if (HasAvx512(File.ReadLines("/proc/cpuinfo")))
            Execute(program + Suffix, args);
    }

    /// <summary>Whether the system says that programs may use AVX-512.</summary>
    public static bool HasAvx512(IEnumerable<string> processors)
    {
        var flags = processors.FirstOrDefault(line => line.StartsWith("flags", StringComparison.Ordinal))?.Split(' ') ?? [];
        return Needed.All(flags.Contains);
    }

    private static unsafe void Execute(string program, string[] args)
    {
        var values = new nint[args.Length + 2];
        values[0] = Marshal.StringToCoTaskMemUTF8(program);
        for (var i = 0; i < args.Length; i++)
            values[i + 1] = Marshal.StringToCoTaskMemUTF8(args[i]);
        fixed (nint* pointers = values)
        {
            // It returns only when it failed: then this build goes on.
            _ = Execv(program, (byte**)pointers);
        }

        foreach (var value in values)
            Marshal.FreeCoTaskMem(value);
        Console.Error.WriteLine($"kvasir: {program} could not be started: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}; going on without AVX-512");
    }

    [LibraryImport("libc", EntryPoint = "execv", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial int Execv(string path, byte** argv);
}
