//! Chance: one seeded generator a server, so that the same seed gives the same run.
use std::collections::HashMap;

/// A small fast generator (xorshift64*), good enough for choosing elements fairly.
#[derive(Clone, Debug)]
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Dice {
        // The state must not be zero, and near seeds must not give near sequences.
        let mut z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        Dice((z ^ (z >> 31)) | 1)
    }

    /// Dice of their own for one purpose: what is thrown with them changes nothing for others of the same seed.
    pub(crate) fn stream(seed: u64, purpose: &str, number: u64) -> Dice {
        let mix = |state: u64, value: u64| Dice::new(state ^ value).next();
        let purpose = purpose.bytes().fold(mix(seed, 1), |state, byte| mix(state, byte.into()));
        Dice::new(mix(purpose, number))
    }

    /// Whether something happens that does so with this probability.
    pub(crate) fn chance(&mut self, probability: f64) -> bool {
        self.fraction() < probability
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// A number below `n`, each as likely as the others; zero when `n` is.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        let wide = u128::from(self.next()) * (n as u128);
        usize::try_from(wide >> 64).expect("the product's upper half is below n")
    }

    /// A number from 0 to below 1, each as likely as the others.
    pub(crate) fn fraction(&mut self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "53 bits are as many as a double holds")]
        let (numerator, denominator) = ((self.next() >> 11) as f64, (1_u64 << 53) as f64);
        numerator / denominator
    }

    /// The places to show when `count` random elements of `n` are asked for: different ones, or, of a count below
    /// zero, any. The different ones of what is kept in order come in that order.
    pub(crate) fn choose(
        &mut self,
        count: i64,
        n: usize,
        in_order: bool,
    ) -> Box<dyn Iterator<Item = usize> + '_> {
        let wanted = usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX);
        if count < 0 {
            return Box::new((0..wanted).map(move |_| self.below(n)));
        }
        if wanted >= n {
            return Box::new(0..n);
        }
        let mut places = self.distinct(wanted, n);
        if in_order {
            places.sort_unstable();
        }
        Box::new(places.into_iter())
    }

    /// So many different numbers below `n`, each choice and each order as likely as the others.
    pub(crate) fn distinct(&mut self, count: usize, n: usize) -> Vec<usize> {
        // The first steps of a shuffle of 0..n, of which only what was moved is kept.
        let mut moved = HashMap::new();
        let choose = |at: usize| {
            let chosen = at + self.below(n - at);
            let value = moved.get(&chosen).copied().unwrap_or(chosen);
            let displaced = moved.get(&at).copied().unwrap_or(at);
            moved.insert(chosen, displaced);
            value
        };
        (0..count.min(n)).map(choose).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Dice;

    #[test]
    fn the_same_seed_gives_the_same_throws() {
        let throws = |seed| {
            let mut dice = Dice::new(seed);
            [dice.next(), dice.next()]
        };
        assert_eq!(throws(7), throws(7));
        assert_ne!(throws(7), throws(8));
    }

    #[test]
    fn streams_of_one_seed_have_nothing_to_do_with_each_other() {
        let throws = |purpose, number| Dice::stream(7, purpose, number).next();
        assert_eq!(throws("rule", 1), throws("rule", 1));
        assert_ne!(throws("rule", 1), throws("rule", 2));
        assert_ne!(throws("rule", 1), throws("fault", 1));
        assert_ne!(throws("rule", 1), Dice::new(7).next());
    }

    #[test]
    fn a_chance_comes_about_as_often_as_its_probability_says() {
        let mut dice = Dice::new(1);
        let came = (0..100_000).filter(|_| dice.chance(0.3)).count();
        assert!((29_500..30_500).contains(&came), "{came}");
        assert!(!(0..1000).any(|_| dice.chance(0.0)));
        assert!((0..1000).all(|_| dice.chance(1.0)));
    }

    #[test]
    fn fractions_lie_between_zero_and_one_and_are_one_half_in_the_middle() {
        let mut dice = Dice::new(1);
        let mut fractions: Vec<_> = (0..10_001).map(|_| dice.fraction()).collect();
        fractions.sort_by(f64::total_cmp);
        assert!(fractions[0] >= 0.0 && fractions[10_000] < 1.0);
        assert!((0.48..0.52).contains(&fractions[5_000]), "{}", fractions[5_000]);
    }

    #[test]
    fn every_face_comes_up_about_as_often() {
        let mut dice = Dice::new(1);
        let mut counts = [0_u32; 10];
        for _ in 0..100_000 {
            counts[dice.below(10)] += 1;
        }
        assert!(counts.iter().all(|count| (9_500..10_500).contains(count)), "{counts:?}");
    }

    #[test]
    fn every_order_of_different_numbers_comes_up_about_as_often() {
        let mut dice = Dice::new(1);
        let mut counts = std::collections::BTreeMap::new();
        for _ in 0..60_000 {
            *counts.entry(dice.distinct(2, 3)).or_insert(0) += 1;
        }
        assert_eq!(counts.len(), 6);
        assert!(counts.values().all(|count| (9_500..10_500).contains(count)), "{counts:?}");
        assert!(dice.distinct(9, 0).is_empty());
    }
}
