using Kvasir.Cli.Doctor;
using Kvasir.Cli.Doctor.Gpu;
using Kvasir.Cli.Doctor.Machine;
using Kvasir.Engine;
using Kvasir.Numerics;

namespace Kvasir.Cli.Tests.Doctor;

public sealed class MachineCheckTests(TestModel model) : IDisposable, IClassFixture<TestModel>
{
    private readonly FakeMachine _machine = new();

    [Fact]
    public async Task Processors_MoreThreadsThanThere_IsAWarningWithTheNumberToSet()
    {
        Assert.Equal(FindingLevel.Ok, (await _machine.FindingAsync(new ProcessorCheck())).Level);
        var finding = await _machine.FindingAsync(new ProcessorCheck(), Threads(9));
        Assert.Equal(FindingLevel.Warning, finding.Level);
        Assert.Contains("--threads 8", finding.Advice, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Processors_TheSmallestQuotaOfTheGroupsAbove_Counts()
    {
        _machine.With("/proc/self/cgroup", "0::/kubepods/pod1\n")
            .With("/sys/fs/cgroup/cpu.max", "max 100000\n")
            .With("/sys/fs/cgroup/kubepods/cpu.max", "250000 100000\n")
            .With("/sys/fs/cgroup/kubepods/pod1/cpu.max", "400000 100000\n");
        var finding = await _machine.FindingAsync(new ProcessorCheck());
        Assert.Equal(FindingLevel.Warning, finding.Level);
        Assert.Contains("a quota of 2.5 processors", finding.Found, StringComparison.Ordinal);
        Assert.Contains("--threads 2 ", finding.Advice, StringComparison.Ordinal);
        Assert.Equal(FindingLevel.Ok, (await _machine.FindingAsync(new ProcessorCheck(), Threads(2))).Level);
    }

    [Fact]
    public async Task Processors_TheQuotaOfVersion1_Counts()
    {
        _machine.With("/proc/self/cgroup", "4:cpu,cpuacct:/docker/x\n3:memory:/docker/x\n")
            .With("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "50000")
            .With("/sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000");
        var finding = await _machine.FindingAsync(new ProcessorCheck());
        Assert.Contains("a quota of 0.5 processors", finding.Found, StringComparison.Ordinal);
        Assert.Contains("--threads 1 ", finding.Advice, StringComparison.Ordinal);
    }

    [Fact]
    public async Task InstructionSets_WithoutAvx2_OrLeftUnused_IsAWarning()
    {
        _machine.With("/proc/cpuinfo", "processor : 0\nflags\t\t: fpu avx avx2 fma\n");
        var fitting = await _machine.FindingAsync(new InstructionSetCheck());
        Assert.Equal(FindingLevel.Ok, fitting.Level);
        Assert.Contains("kernels use Avx2", fitting.Found, StringComparison.Ordinal);

        _machine.With("/proc/cpuinfo", "flags\t\t: fpu avx avx2 fma avx512f avx512bw\n");
        var unused = await _machine.FindingAsync(new InstructionSetCheck());
        Assert.Equal(FindingLevel.Warning, unused.Level);
        Assert.Contains("also has Avx512", unused.Found, StringComparison.Ordinal);

        _machine.With("/proc/cpuinfo", "flags\t\t: fpu\n").Facts = _machine.Facts with { InstructionSets = [InstructionSet.Portable] };
        Assert.Equal(FindingLevel.Warning, (await _machine.FindingAsync(new InstructionSetCheck())).Level);
    }

    [Fact]
    public async Task Memory_ThatDoesNotHoldModelAndBudget_IsAProblem_ByTheLimitOfTheGroupToo()
    {
        Memory(totalKiB: 16 << 20, availableKiB: 15 << 20);
        Assert.Equal(FindingLevel.Ok, (await _machine.FindingAsync(new MemoryCheck(), Budget(1L << 30))).Level);
        Assert.Equal(FindingLevel.Problem, (await _machine.FindingAsync(new MemoryCheck(), Budget(16L << 30))).Level);

        _machine.With("/sys/fs/cgroup/memory.max", $"{1L << 30}\n");
        var limited = await _machine.FindingAsync(new MemoryCheck(), Budget(1L << 30));
        Assert.Equal(FindingLevel.Problem, limited.Level);
        Assert.Contains("a limit of 1.00 GiB", limited.Found, StringComparison.Ordinal);
        Assert.Contains("--kv-budget", limited.Advice, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Memory_ThatOthersHold_IsAWarning()
    {
        Memory(totalKiB: 16 << 20, availableKiB: 1 << 19);
        Assert.Equal(FindingLevel.Warning, (await _machine.FindingAsync(new MemoryCheck(), Budget(1L << 30))).Level);
    }

    [Fact]
    public async Task Memory_WithoutAModel_SaysThatTheNeedIsUnknown() =>
        Assert.Equal(FindingLevel.Note, (await _machine.FindingAsync(new MemoryCheck())).Level);

    [Theory]
    [InlineData("Max open files            100       100       files", nameof(FindingLevel.Problem))]
    [InlineData("Max open files            1024      524288    files", nameof(FindingLevel.Warning))]
    [InlineData("Max open files            20000     20000     files", nameof(FindingLevel.Ok))]
    [InlineData("Max open files            unlimited unlimited files", nameof(FindingLevel.Ok))]
    [InlineData("Max something else        1         1         files", nameof(FindingLevel.Ok))]
    public async Task OpenFiles_AreJudgedByTheSoftLimit(string row, string level)
    {
        _machine.With("/proc/self/limits", $"Limit  Soft Limit  Hard Limit  Units\n{row}\n");
        Assert.Equal(level, (await _machine.FindingAsync(new OpenFilesCheck())).Level.ToString());
    }

    [Theory]
    [InlineData("always [madvise] never", nameof(FindingLevel.Note))]
    [InlineData("[always] madvise never", nameof(FindingLevel.Ok))]
    public async Task HugePages_AreNeverMoreThanANote(string setting, string level)
    {
        _machine.With("/sys/kernel/mm/transparent_hugepage/enabled", setting);
        Assert.Equal(level, (await _machine.FindingAsync(new HugePagesCheck())).Level.ToString());
    }

    [Theory]
    [InlineData(1970, nameof(FindingLevel.Warning))]
    [InlineData(2027, nameof(FindingLevel.Ok))]
    [InlineData(2150, nameof(FindingLevel.Warning))]
    public async Task Clock_ThatCannotBe_IsAWarning(int year, string level)
    {
        _machine.Facts = _machine.Facts with { Time = new FixedTime(new DateTimeOffset(year, 1, 2, 3, 4, 5, TimeSpan.Zero)) };
        Assert.Equal(level, (await _machine.FindingAsync(new ClockCheck())).Level.ToString());
    }

    [Fact]
    public async Task Container_IsKnownByItsMarks()
    {
        Assert.Equal("none", (await _machine.FindingAsync(new ContainerCheck())).Found);
        _machine.With("/proc/1/cgroup", "12:pids:/kubepods/besteffort/pod1\n");
        Assert.Contains("kubepods", (await _machine.FindingAsync(new ContainerCheck())).Found, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Gpu_IsNamed_AndSaidNotToBeUsed()
    {
        Assert.StartsWith("none", (await _machine.FindingAsync(new NvidiaCheck())).Found, StringComparison.Ordinal);
        _machine.With("/proc/driver/nvidia/version", "NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.15  Tue Mar  5\nGCC version: 12\n")
            .With("/dev/nvidia0", "").With("/dev/nvidiactl", "");
        var half = await _machine.FindingAsync(new NvidiaCheck());
        Assert.Equal(FindingLevel.Note, half.Level);
        Assert.Contains("driver 550.54.15, libcuda.so.1 does not load, /dev/nvidia0;", half.Found, StringComparison.Ordinal);

        _machine.Facts = _machine.Facts with { CanLoad = name => name == "libcuda.so.1" };
        var whole = await _machine.FindingAsync(new NvidiaCheck());
        Assert.Equal(FindingLevel.Ok, whole.Level);
        Assert.Contains("computes on the processor", whole.Found, StringComparison.Ordinal);
    }

    public void Dispose() => _machine.Dispose();

    private static DoctorTargets Threads(int threads) => new() { Engine = new EngineOptions { Threads = threads } };

    private DoctorTargets Budget(long bytes) => new() { Models = [model.Path], Engine = new EngineOptions { KvBudgetBytes = bytes } };

    private void Memory(long totalKiB, long availableKiB) =>
        _machine.With("/proc/meminfo", $"MemTotal:       {totalKiB} kB\nMemFree:        1 kB\nMemAvailable:   {availableKiB} kB\n");
}
