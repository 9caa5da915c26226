using Kvasir.KvCache.Tests.Support;
using Kvasir.KvCache.Tiers;
using Kvasir.KvCache.Tiers.Disk;

namespace Kvasir.KvCache.Tests.Tiers.Disk;

/// <summary>
/// A random run of a disk tier beside its model. On a sound medium every answer is foretold; on a failing one only what must never happen
/// is looked for: a wrong byte, a lost pin, a lost byte of the books.
/// </summary>
internal sealed class DiskTierRun : IDisposable
{
    private const int Keys = 24;
    private static readonly string[] Tenants = ["alice", "bob", "carol"];
    private readonly int _seed;
    private readonly Random _random;
    private readonly FaultyFiles _files;
    private readonly int _faultRate;
    private readonly CacheOnDisk _cache = new(new ChunkGeometry(TestLayouts.Ragged, 2));
    private readonly TestChunk[] _chunks;
    private readonly DiskTierModel _model;
    private readonly List<(TierPin Pin, TestChunk Chunk, ModelPin? Expected)> _pins = [];
    private DiskTier _tier;

    public DiskTierRun(int seed, int faultRate)
    {
        _seed = seed;
        _random = new Random(seed);
        _faultRate = faultRate;
        _files = new FaultyFiles(new Random(seed + 1));
        _chunks = [.. Enumerable.Range(0, Keys).Select(key => new TestChunk(_cache.Geometry, key, blocks: 1 + (key % 3), tenant: Tenants[key % Tenants.Length]))];
        var unit = ObjectLayout.FileBytes(_cache.Geometry, 2 * _cache.Geometry.Layout.BlockRows);
        _cache.Options = _cache.Options with
        {
            CapacityBytes = 10 * unit,
            IndexInterval = TimeSpan.FromSeconds(30),
            Tenants = new Dictionary<string, TenantLimit>
            {
                ["bob"] = new(3 * unit, null),
                ["carol"] = new(null, TimeSpan.FromSeconds(120)),
            },
        };
        _model = new DiskTierModel(_cache.Options, _cache.Time);
        _tier = _cache.Open(_files);
        _files.Rate = faultRate;
    }

    public int Faults => _files.Faults;

    private bool Sound => _faultRate == 0;

    public void Step(int index)
    {
        _cache.Time.Advance(TimeSpan.FromMilliseconds(1 + _random.Next(500)));
        _model.EndOldPins();
        var chunk = _chunks[_random.Next(Keys)];
        var key = chunk.Descriptor.Key;
        switch (_random.Next(20))
        {
            case < 7:
                Expect(index, "store", Sound ? _model.Store(chunk) : null, chunk.StoreIn(_tier));
                break;
            case < 11:
                Pin(index, chunk);
                break;
            case < 13 when _pins.Count > 0:
                Read(index);
                break;
            case < 15 when _pins.Count > 0:
                Unpin(_random.Next(_pins.Count));
                break;
            case 15:
                Expect(index, "remove", Sound ? _model.Remove(key) : null, _tier.Remove(key));
                break;
            case 16:
                Expect(index, "contains", Sound ? _model.Contains(key) : null, _tier.Contains(key));
                break;
            case 17 when _random.Next(4) == 0:
                var keep = _random.Next(3) == 0;
                Expect(index, "keep", Sound ? _model.Keep(key, keep) : null, keep ? _tier.Keep(key, "me") : _tier.LetGo(key));
                break;
            case 18 when _random.Next(4) == 0:
                _tier.Maintain();
                _model.Maintain();
                break;
            case 19 when _random.Next(20) == 0:
                Reopen();
                break;
        }

        if (Sound)
            Compare(index);
        if (index % 100 == 0)
            _tier.CheckIntegrity();
    }

    public void Finish()
    {
        _files.Rate = 0;
        while (_pins.Count > 0)
            Unpin(0);
        _tier.Maintain();
        _tier.CheckIntegrity();
        var status = _tier.Status;
        Assert.Equal(0, status.Pins);
        Assert.True(status.Bytes == _cache.ObjectFiles.Sum(file => new FileInfo(file).Length), $"seed {_seed}: the books say {status.Bytes} bytes");
        foreach (var chunk in _chunks.Where(chunk => _tier.Contains(chunk.Descriptor.Key)))
            Assert.True(chunk.IsIn(_tier), $"seed {_seed}: object {chunk.Descriptor.Key}");
        foreach (var entry in _tier.List())
        {
            _tier.LetGo(entry.Key);
            _tier.Remove(entry.Key);
        }

        Assert.Empty(_cache.ObjectFiles);
        Assert.Equal((0L, 0L), (_tier.Status.Objects, _tier.Status.Bytes));
        _tier.CheckIntegrity();
    }

    public void Dispose()
    {
        _tier.Dispose();
        _cache.Dispose();
        Array.ForEach(_chunks, chunk => chunk.Dispose());
    }

    private void Pin(int index, TestChunk chunk)
    {
        var lifetime = TimeSpan.FromSeconds(_random.Next(2) == 0 ? 3 : 1000);
        var expected = Sound ? _model.Pin(chunk.Descriptor.Key, lifetime) : null;
        var pin = _tier.TryPin(chunk.Descriptor.Key, "run", lifetime);
        if (Sound)
            Expect(index, "pin", expected is not null, pin is not null);
        if (pin is not null)
            _pins.Add((pin, chunk, expected));
    }

    private void Read(int index)
    {
        var (pin, chunk, expected) = _pins[_random.Next(_pins.Count)];
        try
        {
            Assert.True(chunk.IsIn(_tier, pin), $"seed {_seed}, operation {index}: wrong bytes of {pin.Key}");
            Assert.True(!Sound || DiskTierModel.Holds(expected!), $"seed {_seed}, operation {index}: a pin that has ended still reads");
        }
        catch (TierException exception)
        {
            Assert.True(!Sound || !DiskTierModel.Holds(expected!), $"seed {_seed}, operation {index}: {exception.Message}");
        }
    }

    private void Unpin(int which)
    {
        var (pin, _, expected) = _pins[which];
        _pins.RemoveAt(which);
        pin.Dispose();
        if (expected is not null)
            _model.Unpin(expected);
    }

    private void Reopen()
    {
        _tier.Dispose();
        foreach (var (pin, _, _) in _pins)
            pin.Dispose();
        _pins.Clear();
        _model.Reopen();
        _files.Rate = 0;
        _tier = _cache.Open(_files);
        _files.Rate = _faultRate;
    }

    private void Expect<T>(int index, string what, T? expected, T found)
        where T : struct
    {
        Assert.True(expected is null || EqualityComparer<T>.Default.Equals(expected.Value, found), $"seed {_seed}, operation {index}: {what} gave {found}, not {expected}");
    }

    private void Compare(int index)
    {
        var status = _tier.Status;
        Expect(index, "status", (_model.Objects, _model.Bytes, _model.Pins), (status.Objects, status.Bytes, status.Pins));
        if (index % 20 == 0)
            Assert.True(_tier.List().Select(entry => entry.Key).ToHashSet().SetEquals(_model.Keys), $"seed {_seed}, operation {index}: other objects");
    }
}
